"""The journey that decides: an authority, a ministry and a province with their own Vigils, two banks by a link.

Sent, read, accepted, contact points filed, a drill answered, the ministry's link cut for an hour of virtual time and
caught up, one silent addressee chased and called; the boards of both sides agree and every journal verifies.
"""

import json
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from tests.journeys.conftest import PASSWORD
from tests.laid import lay
from tests.postgresql import free_port
from tools.demo import Mailbox, Part, enrol

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]
HOUR = 3600


class Wire:
    """A TCP relay on loopback between a member and the authority that can be cut."""

    def __init__(self, target: int) -> None:
        self.target, self.port, self._cut = target, free_port(), threading.Event()
        self._server = socket.create_server(("127.0.0.1", self.port))
        self._server.settimeout(0.2)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError, OSError):
                near, _ = self._server.accept()
                if self._cut.is_set():
                    near.close()
                    continue
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection(("127.0.0.1", self.target)) as far:
            while not self._cut.is_set() and not self._over.is_set():
                ready, _, _ = select.select([near, far], [], [], 0.2)
                for one in ready:
                    data = one.recv(65536)
                    if not data:
                        return
                    (far if one is near else near).sendall(data)

    def cut(self) -> None:
        """Nothing passes any more."""
        self._cut.set()

    def mend(self) -> None:
        """It passes again."""
        self._cut.clear()

    def close(self) -> None:
        """End it."""
        self._over.set()
        self._thread.join(5)
        self._server.close()


class Loop:
    """The three Vigils, the wire of the ministry, and everybody's mail."""

    def __init__(self, folder: Path) -> None:
        self.mail = Mailbox(folder / "mail")
        smtp = free_port()
        self._catcher = Controller(self.mail, hostname="127.0.0.1", port=smtp)
        self._catcher.start()
        self.parts = {
            name: Part(name, free_port(), PASSWORD, data=folder, smtp_port=smtp)
            for name in ("authority", "ministry", "province")
        }
        self.wire = Wire(int(self.authority.environment["VIGIL_PORT"]))
        for name, part in self.parts.items():
            lay(part.data)
            part.vigil("prepare", "--demo", name)
            part.start()
        enrol(self.authority, self.province, "MAU.02")

    @property
    def authority(self) -> Part:
        return self.parts["authority"]

    @property
    def ministry(self) -> Part:
        return self.parts["ministry"]

    @property
    def province(self) -> Part:
        return self.parts["province"]

    def later(self, seconds: int) -> None:
        """Everybody's clock moves on (each is started again)."""
        for part in self.parts.values():
            part.stop()
            moved = int(part.environment.get("VIGIL_CLOCK_SHIFT_S", "0")) + seconds
            part.environment["VIGIL_CLOCK_SHIFT_S"] = str(moved)
            part.start()

    def status(self, part: Part) -> dict[str, dict[str, Any]]:
        """A part's newest campaign by its recipients' codes."""
        found = json.loads(part.vigil("campaign", "status", "--json", check=False))
        return {row["code"]: row for row in found[0]["recipients"]} if found else {}

    def letters_to(self, address: str) -> list[str]:
        """The bodies of the letters to an address, oldest first."""
        bodies = []
        for path in sorted(self.mail.folder.glob(f"*-{address}.eml")):
            body = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain",))
            bodies.append(body.get_content() if body else "")
        return bodies

    def close(self) -> None:
        for part in self.parts.values():
            part.stop()
        self.wire.close()
        self._catcher.stop()


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    made = Loop(tmp_path_factory.mktemp("loop"))
    yield made
    made.close()


def until(what: str, seen: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = seen()
        if value:
            return value
        time.sleep(0.5)
    raise AssertionError(f"not seen in {seconds} s: {what}")


def enter(page: Any, part: Part) -> None:
    page.context.clear_cookies()
    page.goto(f"{part.url}/sign-in/")
    page.fill("#id_login", "admin")
    page.fill("#id_password", PASSWORD)
    page.click("form[action='/sign-in/'] button[type=submit]")
    page.wait_for_load_state()


def come_in_as_guest(page: Any, loop: Loop, address: str) -> None:
    page.context.clear_cookies()
    link = until(f"a letter to {address}", lambda: loop.mail.links().get(address))
    before = len(loop.letters_to(address))
    page.goto(link)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/g/in/")
    until("the code", lambda: len(loop.letters_to(address)) > before)
    code = re.search(r": ([A-Z0-9]{6})\n", loop.letters_to(address)[-1]).group(1)  # type: ignore[union-attr]
    page.fill("#code", code)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/guest/**")


def enrol_in_the_browser(page: Any, loop: Loop, shot: Callable[..., None]) -> None:
    """A code said, entered, and the digits on both screens compared."""
    enter(page, loop.authority)
    page.goto(f"{loop.authority.url}/links/code/")
    page.select_option("#id_organisation", label="Bộ Mẫu (dữ liệu mẫu)")
    page.click("main form.card button[type=submit]")
    code = page.locator(".said-code").inner_text().strip()
    enter(page, loop.ministry)
    page.goto(f"{loop.ministry.url}/links/enrol/")
    page.select_option("#id_organisation", label="Bộ Mẫu (dữ liệu mẫu)")
    page.fill("#id_url", f"http://localhost:{loop.wire.port}")
    page.fill("#id_code", code.lower())
    page.click("main form.card button[type=submit]")
    there = page.locator("[data-comparison]").inner_text().strip()
    shot("loop-0-compare")
    enter(page, loop.authority)
    page.goto(f"{loop.authority.url}/links/")
    page.click("tbody a >> text=Bộ Mẫu")
    here = page.locator("[data-comparison]").inner_text().strip()
    assert here == there
    page.click("form[action$='/confirm/'] button")
    page.wait_for_load_state()
    until("the link is up", lambda: not _is_cut(loop.ministry))


def accept(page: Any, by: str = "") -> None:
    if by:
        page.fill("#by", by)
    page.click("button[name=deed][value=read]")
    page.wait_for_load_state()
    page.click("button[name=deed][value=accept]")
    page.wait_for_load_state()


def test_the_loop_closes(loop: Loop, page: Any, shot: Callable[..., None]) -> None:
    page.expected_faults = r"ERR_|elsewhere"  # parts are stopped and started under the browser

    enrol_in_the_browser(page, loop, shot)

    # the authority: from the confirmed directive to a campaign in force
    enter(page, loop.authority)
    page.goto(f"{loop.authority.url}/campaigns/")
    page.click("form[action$='/campaign/'] button")
    page.wait_for_url("**/campaigns/*/")
    assert "chưa" not in page.locator(".alert-danger").all_inner_texts()
    assert page.get_by_text("nhóm này không có thành viên").count() > 0, "an audience without members is said"
    deadline = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 7 * HOUR + HOUR // 2))
    page.fill("#id_answer_by_at", deadline)
    shot("loop-1-whom")
    page.click("button[name=send]")
    page.wait_for_load_state()
    campaign = page.url

    # the ministry and the province, each on its own Vigil
    for part in (loop.ministry, loop.province):
        until(f"{part.name} has it", lambda part=part: json.loads(part.vigil("campaign", "received", "--json")))
        enter(page, part)
        page.goto(f"{part.url}/received/")
        page.click(".list-group a")
        page.wait_for_url("**/received/*/")
        accept(page)
        shot(f"loop-2-{part.name}")
    page.click("form[action$='/relay/'] button")
    page.wait_for_url("**/campaigns/*/")
    page.click("button[name=send]")
    page.wait_for_load_state()

    # a guest of the province, and a bank, by their links
    come_in_as_guest(page, loop, "truc@socds.example")
    accept(page, "Phạm Thị Mẫu, trưởng phòng")
    come_in_as_guest(page, loop, "truc@nganhangmau.example")
    shot("loop-3-guest", width=390, height=844)
    accept(page, "Lê Văn Mẫu, phó giám đốc")
    page.locator("article", has_text="1.a").locator("details summary").last.click()
    page.locator("article", has_text="1.a").locator("input[value=met]").check()
    page.locator("article", has_text="1.a").locator("textarea").fill("Trực đủ ba ca, hai người mỗi ca")
    page.locator("article", has_text="1.a").locator("form button").click()
    page.wait_for_load_state()
    shot("loop-4-stated")
    page.goto(f"{loop.authority.url}/guest/contact/")
    page.fill("#id_label", "Phòng CNTT Ngân hàng Mẫu")
    page.fill("#id_mobile", "0912 000 777")
    page.click("main form button[type=submit]")
    page.wait_for_load_state()

    def all_there() -> bool:
        rows = loop.status(loop.authority)
        return (
            [rows[code]["state"] for code in ("MAU.01", "MAU.02", "MAU.05", "MAU.06")]
            == ["accepted", "accepted", "accepted", "delivered"]
            and "accepted" in rows["MAU.02"]["relayed"].values()
            and rows["MAU.05"]["verdicts"]["1.a"] == "met"
            and rows["MAU.01"]["bases"]["1.d"] in ("reported", "measured")
        )

    until("everybody's answer is at the authority", all_there, 90)
    rows = loop.status(loop.authority)
    assert rows["MAU.05"]["bases"]["1.a"] == "attested"

    # a drill of the contact points
    enter(page, loop.authority)
    page.goto(campaign)
    shot("loop-5-grid")
    page.click("form[action$='/drill/'] button")
    page.wait_for_url("**/drills/*/")
    drill = page.url
    test = until("the ministry's test letter", lambda: _test_link(loop, "truc@bomau.example"))
    page.goto(test)
    page.click("main form button[type=submit]")
    page.wait_for_load_state()
    enter(page, loop.authority)

    def reported() -> bool:
        page.goto(drill)
        line = page.locator("tbody tr", has_text="Bộ Mẫu")
        return any("Đã trả lời" in text and "báo cáo" in text for text in line.all_inner_texts())

    until("the ministry's answer to the drill is reported", reported, 60)
    shot("loop-6-drill")

    # the ministry's link is cut for an hour; it goes on working
    loop.wire.cut()
    enter(page, loop.ministry)
    page.goto(f"{loop.ministry.url}/contacts/")
    page.click("tbody a")
    page.wait_for_url("**/contacts/*/")
    page.click("a[href$='/edit/']")
    page.fill("#id_mobile", "0912 000 102")
    page.click("main form button[type=submit]")
    page.wait_for_load_state()
    loop.later(HOUR)
    for part in (loop.authority, loop.ministry):
        until(f"{part.name} says that the link is cut", lambda part=part: _is_cut(part), 60)
    until("what the ministry reported reads as stale, and the cut as a cut", lambda: _stale(loop), 60)
    enter(page, loop.authority)
    page.goto(f"{loop.authority.url}/links/")
    shot("loop-7-cut")
    loop.wire.mend()
    until("the link is up again", lambda: not _is_cut(loop.ministry) and not _is_cut(loop.authority), 90)

    def changed() -> bool:
        page.goto(campaign)
        page.click("tbody a >> text=Bộ Mẫu")
        page.wait_for_load_state()
        return "0912 000 102" in page.content()

    until("the change of the contact point arrived", changed, 60)

    # the silent bank is on the call list, and is called
    page.goto(f"{campaign}calls/")
    silent = until("the silent bank is to be called", lambda: _on_the_list(page, campaign), 60)
    shot("loop-8-calls")
    silent.locator("select").select_option("promised")
    silent.locator("input[type=text]").fill("Hứa trả lời trong 30 phút")
    silent.locator("form button").click()
    page.wait_for_load_state()

    # both sides agree, and nobody's journal was touched
    def agree() -> bool:
        there = loop.status(loop.authority)["MAU.01"]["verdicts"]
        here = _board(loop.ministry)
        return {code: v for code, v in there.items() if code != "3"} == {
            code: v for code, v in here.items() if code != "3"
        }

    until("the boards of both sides agree", agree, 90)
    for part in loop.parts.values():
        assert json.loads(part.vigil("journal", "verify", "--json"))["holds"], part.name


def _test_link(loop: Loop, address: str) -> str:
    for body in reversed(loop.letters_to(address)):
        found = re.search(r"http://\S+/t/\S+/", body)
        if found:
            return found.group(0)
    return ""


def _is_cut(part: Part) -> bool:
    rows = json.loads(part.vigil("link", "status", "--json", check=False))
    ours = [row for row in rows if "Bộ Mẫu" in row["name"] or row["side"] == "above"]
    return not ours or any(not row["up"] for row in ours)


def _stale(loop: Loop) -> bool:
    verdicts = loop.status(loop.authority)["MAU.01"]["verdicts"]
    return (verdicts["*"], verdicts["1.d"]) == ("cannot_tell", "not_met")


def _on_the_list(page: Any, campaign: str) -> Any:
    page.goto(f"{campaign}calls/")
    cards = page.locator(".card", has_text="Lặng Lẽ").filter(has=page.locator("select"))
    return cards.first if cards.count() else None


def _board(part: Part) -> dict[str, str]:
    watches = json.loads(part.vigil("watch", "show", "--json"))
    board = json.loads(part.vigil("watch", "show", watches[0]["id"], "--json"))
    return {row["item"]: row["verdict"] for row in board["obligations"]}
