"""Campaign, call list, received and guest pages: who may see and do what; a guest's way from letter to answer."""

import io
import re
from copy import deepcopy
from datetime import timedelta

import openpyxl
import pyotp
import pytest
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse
from tests.web.rooms import ACTOR, client_of
from tests.worlds import kept

from vigil.domain.accounts.guests import make_links
from vigil.domain.accounts.models import GuestLink
from vigil.domain.directives.actions.campaigns import amend_campaign, choose, draft_campaign, send_campaign
from vigil.domain.directives.actions.link import link_directives
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.actions.review import confirm
from vigil.domain.directives.models import Attachment, Campaign, Chase, Drill, DrillProbe, Recipient
from vigil.domain.estate.models import InformationSystem
from vigil.domain.flows.campaigns import carry
from vigil.domain.flows.chasing import chase
from vigil.domain.flows.drilling import begin_drill, run_drill
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import ContactPoint, Organisation, Person
from vigil.domain.outbox.models import Message
from vigil.faces.web.campaigns.urls import urlpatterns as campaign_urls
from vigil.faces.web.guests.urls import urlpatterns as guest_urls
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
TEXT = """CỤC AN TOÀN MẪU
Số: 7/CATM-GS
V/v trực lễ {who}
Kính gửi:
- Các Ngân hàng thương mại.
Nhằm bảo đảm an toàn thông tin mạng dịp lễ từ ngày 30/4/2022 đến hết ngày 03/5/2022, đề nghị các cơ quan thực hiện:
1. Phân công lực lượng trực giám sát 24/7.
2. Cử đầu mối tiếp nhận thông tin.
Trân trọng./."""


def organisation(name: str, home: str = "here", classes: tuple[str, ...] = ("bank",), parent=None) -> Organisation:
    made = Organisation(name=name, audience_codes=list(classes), home=home, parent=parent)
    save_organisation(organisation=made, actor=ACTOR, now=clock.now())
    return made


def sent(sender: Organisation, originals, to: list[Organisation]) -> Campaign:
    now = clock.now()
    draft = receive_dispatch(
        data=TEXT.format(who=sender.name).encode(), filename="cv.txt", organisation=sender, originals=originals,
        actor=ACTOR, now=now,
    )  # fmt: skip
    directive = confirm(directive=draft, version=1, actor=ACTOR, now=now)
    campaign = draft_campaign(directive=directive, actor=ACTOR, now=now)
    choose(
        campaign=campaign, audiences=[], picked=[o.pk for o in to], answer_by_at=now + timedelta(hours=1),
        exercise=False, rules=None, actor=ACTOR, now=now,
    )  # fmt: skip
    campaign = send_campaign(campaign=campaign, actor=ACTOR, now=now)
    carry(campaign=campaign, base_url="http://vigil.example", actor=ACTOR, now=now)
    return campaign


def drilled(campaign: Campaign) -> Drill:
    now = clock.now()
    drill = begin_drill(campaign=campaign, answer_by_at=now + timedelta(hours=1), actor=ACTOR, now=now)
    run_drill(drill=drill, base_url="", actor=ACTOR, now=now)
    return drill


@pytest.fixture(scope="module")
def _kept_world(django_db_setup, django_db_blocker, tmp_path_factory):
    originals = tmp_path_factory.mktemp("world") / "originals"
    originals.mkdir()

    def make() -> dict[str, object]:
        with override_settings(VIGIL_ORIGINALS=originals):
            return _world(originals)

    with kept(django_db_blocker, make) as made:
        yield made, originals


@pytest.fixture
def world(settings, _kept_world, db):
    made, settings.VIGIL_ORIGINALS = _kept_world
    return deepcopy(made)


def _world(originals) -> dict[str, object]:
    ours, theirs = organisation("Cục Ta", classes=("authority",)), organisation("Cục Họ", classes=("authority",))
    here, guest = organisation("Ngân hàng Tại chỗ"), organisation("Ngân hàng Khách", "guest")
    other = organisation("Ngân hàng Khác", "guest")
    below = organisation("Chi nhánh Tại chỗ", parent=here)
    mine = sent(ours, originals, [here, guest])
    foreign = sent(theirs, originals, [other])
    chase(campaign=mine, base_url="", actor=ACTOR, now=clock.now() + timedelta(hours=2))
    chase(campaign=foreign, base_url="", actor=ACTOR, now=clock.now() + timedelta(hours=2))

    def keys(campaign: Campaign) -> dict[str, object]:
        recipient = campaign.recipients.first()
        file = Attachment.objects.create(
            recipient=recipient, filename="a.txt", sha256="0" * 64, size_bytes=1, by="x", at=clock.now()
        )
        call = Chase.objects.filter(recipient__campaign=campaign).first()
        return {
            "directive": campaign.directive_id, "campaign": campaign.pk, "recipient": recipient.pk,
            "attachment": file.pk, "call": call.pk, "drill": drilled(campaign).pk,
        }  # fmt: skip

    return {
        "ours": ours, "theirs": theirs, "here": here, "guest": guest, "other": other, "below": below,
        "campaign": mine, "mine": keys(mine), "foreign": keys(foreign),
    }  # fmt: skip


# address -> (key, change needs a permission)
SENDER = {
    "campaign_new": ("directive", True),
    "campaign": ("campaign", False),
    "campaign_choose": ("campaign", True),
    "campaign_send": ("campaign", True),
    "campaign_amend": ("campaign", True),
    "campaign_end": ("campaign", True),
    "campaign_calls": ("campaign", False),
    "campaign_drill": ("campaign", True),
    "drill": ("drill", False),
    "call": ("call", True),
    "recipient": ("recipient", False),
    "recipient_enter": ("recipient", True),
    "recipient_letter": ("recipient", True),
    "recipient_revoke": ("recipient", True),
    "recipient_again": ("recipient", True),
    "attachment": ("attachment", False),
}
RECEIVER = {"received_one", "received_relay"}
LISTS = {"campaigns", "received"}
BEHIND_THE_DOOR = {
    "guest_home": [], "guest_name": [], "guest_leave": [], "guest_contact": [], "guest_upload": ["people"],
    "guest_template": ["systems"], "guest_received": None, "guest_attachment": None,
}  # fmt: skip
DOOR = {"guest_code", "guest_factor", "guest_link"}


def test_every_address_has_a_case_here() -> None:
    assert {p.name for p in campaign_urls} == {*SENDER, *RECEIVER, *LISTS}
    assert {p.name for p in guest_urls} == {*BEHIND_THE_DOOR, *DOOR}


@pytest.mark.parametrize("name", sorted(SENDER))
def test_another_s_campaign_is_not_there(world, name) -> None:
    client = client_of(world["ours"], "watch_lead")
    address = reverse(name, args=[world["foreign"][SENDER[name][0]]])
    answers = {client.get(address).status_code, client.post(address, {"outcome": "reached"}).status_code}
    assert answers <= {404, 405}
    assert 404 in answers


@pytest.mark.parametrize("name", sorted(n for n, (_, change) in SENDER.items() if change))
def test_a_viewer_changes_nothing(world, name) -> None:
    client = client_of(world["ours"], "viewer")
    address = reverse(name, args=[world["mine"][SENDER[name][0]]])
    assert client.post(address, {"note": "x"}).status_code == 403


@pytest.mark.parametrize("name", sorted([*SENDER, *RECEIVER, *LISTS]))
def test_nobody_gets_in_without_signing_in(world, name) -> None:
    args = [] if name in LISTS else [world["ours"].pk]
    answer = Client().get(reverse(name, args=args))
    assert (answer.status_code, answer.headers["Location"][:9]) == (302, "/sign-in/")


@pytest.mark.parametrize("name", sorted(BEHIND_THE_DOOR))
def test_nobody_gets_behind_the_guests_door_without_a_link(world, name) -> None:
    args = BEHIND_THE_DOOR[name]
    answer = Client().get(reverse(name, args=[world["ours"].pk] if args is None else args))
    assert answer.status_code in (302, 405)
    if answer.status_code == 302:
        assert answer.headers["Location"] == "/g/"


@pytest.mark.parametrize("name", ["campaign", "campaign_calls", "recipient", "campaign_end", "drill"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_sender_s_pages_open_in_both_languages(world, name, language) -> None:
    client = client_of(world["ours"], "authority_officer", language)
    answer = client.get(reverse(name, args=[world["mine"][SENDER[name][0]]]))
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.content.decode()


def test_an_organisation_here_reads_accepts_states_and_others_never_see_it(world) -> None:
    recipient = Recipient.objects.get(organisation=world["here"])
    address = reverse("received_one", args=[recipient.pk])
    lead = client_of(world["here"], "watch_lead")
    page = lead.get(address)
    assert page.status_code == 200
    assert lead.get(reverse("directive", args=[world["campaign"].directive_id])).status_code == 200
    assert lead.get(reverse("campaign", args=[world["campaign"].pk])).status_code == 404
    lead.post(address, {"deed": "accept"})
    recipient.refresh_from_db()
    assert recipient.state == "accepted"
    duty = recipient.watch.assignments.get(obligation__code="1")
    lead.post(address, {"deed": "state", "assignment": str(duty.pk), "verdict": "met", "text": "Đủ ba ca"})
    assert "Đủ ba ca" in lead.get(address).content.decode()
    stranger = client_of(world["theirs"], "watch_lead")
    assert stranger.get(address).status_code == 404
    assert stranger.post(address, {"deed": "refuse", "reason": "x"}).status_code == 404
    assert stranger.get(reverse("directive", args=[world["campaign"].directive_id])).status_code == 404
    viewer = client_of(world["here"], "viewer")
    assert viewer.post(address, {"deed": "refuse", "reason": "x"}).status_code == 403


def test_a_relay_goes_to_those_below_and_shows_at_the_upper_sender(world) -> None:
    recipient = Recipient.objects.get(organisation=world["here"])
    lead = client_of(world["here"], "watch_lead")
    answer = lead.post(reverse("received_relay", args=[recipient.pk]))
    relayed = Campaign.objects.get(relays=recipient)
    assert answer.headers["Location"] == reverse("campaign", args=[relayed.pk])
    assert [r.organisation for r in relayed.recipients.all()] == [world["below"]]
    lead.post(reverse("campaign_send", args=[relayed.pk]))
    assert relayed.recipients.get().state == "delivered"
    upper = client_of(world["ours"], "authority_officer")
    assert upper.get(reverse("recipient", args=[recipient.pk])).status_code == 200


def test_who_relayed_is_told_of_an_amendment_and_passes_it_on(world, settings) -> None:
    recipient = Recipient.objects.get(organisation=world["here"])
    lead = client_of(world["here"], "watch_lead", "en")
    lead.post(reverse("received_relay", args=[recipient.pk]))
    relayed = Campaign.objects.get(relays=recipient)
    lead.post(reverse("campaign_send", args=[relayed.pk]))
    upper, now = world["campaign"], clock.now()
    draft = receive_dispatch(
        data=TEXT.format(who="sửa đổi").encode(), filename="cv2.txt", organisation=world["ours"],
        originals=settings.VIGIL_ORIGINALS, actor=ACTOR, now=now,
    )  # fmt: skip
    later = confirm(directive=draft, version=1, actor=ACTOR, now=now)
    link_directives(later=later, earlier=upper.directive, kind="amendment", actor=ACTOR, now=now)
    amended = amend_campaign(campaign=upper, later=later, actor=ACTOR, now=now)
    carry(campaign=amended, base_url="", actor=ACTOR, now=now)
    for address in (reverse("campaign", args=[relayed.pk]), reverse("received_one", args=[recipient.pk])):
        assert "What you relayed was amended" in lead.get(address).content.decode()
    lead.post(reverse("campaign_amend", args=[relayed.pk]), {"later": str(later.pk)})
    relayed.refresh_from_db()
    assert relayed.directive_id == later.pk
    assert relayed.recipients.get().directive_id == later.pk
    assert "What you relayed was amended" not in lead.get(reverse("campaign", args=[relayed.pk])).content.decode()


@pytest.mark.parametrize("key", ["x", "' OR 1=1", "00000000-0000-0000-0000-000000000000"])
def test_a_key_that_is_none_is_not_found(world, key) -> None:
    drill = reverse("drill", args=[world["mine"]["drill"]])
    assert client_of(world["here"], "watch_lead").post(drill, {"organisation": key}).status_code == 404
    assert TestGuest().inside(world).get("/guest/contact/", {"point": key}).status_code == 404


def test_nobody_below_means_nobody_is_relayed_to(world) -> None:
    answer = client_of(world["below"], "watch_lead").post(
        reverse("received_relay", args=[Recipient.objects.get(organisation=world["here"]).pk])
    )
    assert answer.status_code == 404


def test_the_desk_answers_a_drill_for_itself_alone(world) -> None:
    drill = Drill.objects.get(campaign=world["campaign"])
    address = reverse("drill", args=[drill.pk])
    lead = client_of(world["here"], "duty_officer")
    page = lead.get(address).content.decode()
    assert "Ngân hàng Tại chỗ" in page
    assert "Ngân hàng Khách" not in page, "others' probes are the sender's to see"
    assert lead.post(address, {"organisation": str(world["guest"].pk)}).status_code == 404
    officer = client_of(None, "administrator")
    assert officer.post(address, {"organisation": str(world["guest"].pk)}).status_code == 404, "nor for a guest's desk"
    lead.post(address, {"organisation": str(world["here"].pk)})
    assert DrillProbe.objects.get(drill=drill, organisation=world["here"], kind="desk").outcome == "answered"


class TestGuest:
    """The guest's way."""

    def link(self, world, factor: str = "mail", address: str = "truc@khach.example"):
        return make_links(
            organisations=[(world["guest"], address)], second_factor=factor,
            expires_at=clock.now() + timedelta(days=3), actor=ACTOR, now=clock.now(),
        )[0]  # fmt: skip

    def inside(self, world) -> Client:
        made, client = self.link(world), Client()
        client.post(f"/g/{made.token}/")
        code = re.search(r": ([A-Z0-9]{6})\n", Message.objects.latest("created_at").body).group(1)
        assert client.post("/g/in/", {"code": code}).headers["Location"] == "/guest/"
        return client

    def test_opening_the_link_is_not_enough_and_a_scanner_uses_nothing_up(self, world) -> None:
        made, client = self.link(world), Client()
        before = Message.objects.count()
        assert client.get(f"/g/{made.token}/").status_code == 200
        assert Message.objects.count() == before
        assert client.get("/guest/").headers["Location"] == "/g/"
        client.post(f"/g/{made.token}/")
        assert client.get("/guest/").headers["Location"] == "/g/"
        assert Message.objects.latest("created_at").address == "truc@khach.example"

    def test_a_stranger_to_whom_it_was_forwarded_has_eight_tries(self, world) -> None:
        made, client = self.link(world), Client()
        client.post(f"/g/{made.token}/")
        assert [client.post("/g/in/", {"code": "AAAAAA"}).status_code for _ in range(9)] == [422] * 9
        code = re.search(r": ([A-Z0-9]{6})\n", Message.objects.latest("created_at").body).group(1)
        assert client.post("/g/in/", {"code": code}).status_code == 422
        assert client.get("/guest/").status_code == 302

    def test_it_confirms_names_its_contact_states_attaches_and_sees_nobody_else(self, world) -> None:
        client = self.inside(world)
        recipient = Recipient.objects.get(organisation=world["guest"])
        address = client.get("/guest/").headers.get("Location") or "/guest/"
        assert address == f"/guest/received/{recipient.pk}/"
        page = client.get(address).content.decode()
        assert "trực giám sát" in page
        client.post(address, {"deed": "read", "by": "Lê Thị Khách, trưởng phòng"})
        client.post(address, {"deed": "accept"})
        recipient.refresh_from_db()
        assert recipient.state == "accepted"
        assert {r.basis for r in recipient.receipts.all()} == {"attested"}
        assert recipient.receipts.get(kind="accepted").by == "Lê Thị Khách, trưởng phòng"
        client.post("/guest/contact/", {
            "label": "Trực ban", "purpose": "information", "hours": "always", "mobile": "0912 345 678",
            "email": "truc@khach.example", "phone": "", "hotline": "", "fax": "", "person": "",
        })  # fmt: skip
        assert ContactPoint.objects.get(organisation=world["guest"]).label == "Trực ban"
        duty = recipient.watch.assignments.get(obligation__code="1")
        client.post(address, {"deed": "state", "assignment": str(duty.pk), "verdict": "met", "text": "Đủ người"})
        client.post(address, {"deed": "attach", "file": io.BytesIO(b"ke hoach truc")})
        kept = recipient.attachments.get(size_bytes=13)
        mine = reverse("guest_attachment", args=[kept.pk])
        assert client.get(mine).content == b"ke hoach truc"
        theirs = Recipient.objects.get(organisation=world["other"])
        assert client.get(f"/guest/received/{theirs.pk}/").status_code == 404
        assert client.post(f"/guest/received/{theirs.pk}/", {"deed": "accept", "by": "x"}).status_code == 404
        assert client.get(reverse("guest_attachment", args=[world["foreign"]["attachment"]])).status_code == 404
        foreign = recipient.campaign.recipients.get(organisation=world["here"]).watch.assignments.first()
        assert client.post(address, {
            "deed": "state", "assignment": str(foreign.pk), "verdict": "met", "text": "x"
        }).status_code == 404  # fmt: skip
        for page in ("/", "/campaigns/", "/people/", f"/recipients/{recipient.pk}/"):
            assert client.get(page).status_code == 302

    def test_a_secret_file_is_refused_and_not_kept(self, world, settings) -> None:
        client = self.inside(world)
        recipient = Recipient.objects.get(organisation=world["guest"])
        kept = set(settings.VIGIL_ORIGINALS.rglob("*"))
        secret = "TỐI MẬT\nBỘ MẪU\nSố: 1/BM\nKế hoạch trực".encode()
        client.post(f"/guest/received/{recipient.pk}/", {"deed": "attach", "by": "A", "file": io.BytesIO(secret)})
        assert not recipient.attachments.exclude(filename="a.txt").exists()
        assert set(settings.VIGIL_ORIGINALS.rglob("*")) == kept

    @pytest.mark.parametrize("what, kind", [("people", Person), ("systems", InformationSystem)])
    def test_sheets_fill_only_its_own_organisation(self, world, what, kind) -> None:
        client = self.inside(world)
        book = openpyxl.load_workbook(io.BytesIO(client.get(f"/guest/lists/{what}/template.xlsx").content))
        sheet = book.active
        titles = [cell.value for cell in sheet[1]]
        assert sheet.max_row >= 2
        book.save(filled := io.BytesIO())
        answer = client.post(f"/guest/lists/{what}/", {"file": io.BytesIO(filled.getvalue())})
        assert answer.status_code == 200, answer.content.decode()
        assert {row.organisation for row in kind.objects.all()} == {world["guest"]}
        sheet.cell(2, titles.index("Tổ chức") + 1).value = "Cục Ta"
        book.save(foreign := io.BytesIO())
        client.post(f"/guest/lists/{what}/", {"file": io.BytesIO(foreign.getvalue())})
        assert {row.organisation for row in kind.objects.all()} == {world["guest"]}

    @pytest.mark.parametrize("change", [{"revoked_at": True}, {"expires_at": True}, {"home": "peer"}])
    def test_a_revoked_expired_or_moved_guest_is_out_at_once(self, world, change) -> None:
        client = self.inside(world)
        assert client.get("/guest/?all").status_code == 200
        if "home" in change:
            Organisation.objects.filter(pk=world["guest"].pk).update(**change)
        else:
            GuestLink.objects.update(**{name: clock.now() for name in change})
        assert client.get("/guest/?all").headers["Location"] == "/g/"

    def test_a_letter_s_code_opens_with_an_authenticator_set_up_at_the_first_visit(self, world) -> None:
        officer = client_of(world["ours"], "authority_officer")
        recipient = Recipient.objects.get(organisation=world["guest"])
        page = officer.post(reverse("recipient_letter", args=[recipient.pk])).content.decode()
        code = re.search(r"(?<![\w-])[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}(?![\w-])", page).group(0)
        client = Client()
        assert client.post("/g/", {"code": "wrong"}).status_code == 404
        client.post("/g/", {"code": code.lower()})
        secret = re.search(r"<code>([A-Z2-7]{32})</code>", client.get("/g/in/").content.decode()).group(1)
        assert client.post("/g/in/", {"code": "000000"}).status_code == 422
        right = pyotp.TOTP(secret).at(clock.now())
        assert client.post("/g/in/", {"code": right}).headers["Location"] == "/guest/"
        again = Client()
        again.post("/g/", {"code": code})
        assert "<code>" not in again.get("/g/in/").content.decode(), "it is set up once"
        assert again.post("/g/in/", {"code": right}).status_code == 422, "a code is good once"

    def test_its_answers_stand_in_the_journal_under_the_link_and_the_name_beside_the_chain(self, world) -> None:
        from vigil.domain.journal.models import Entry

        client = self.inside(world)
        recipient = Recipient.objects.get(organisation=world["guest"])
        client.post(f"/guest/received/{recipient.pk}/", {"deed": "accept", "by": "Lê Khách"})
        entry = Entry.objects.get(action="recipient.accepted")
        assert entry.actor.startswith("guest:")
        assert "Lê Khách" not in str(entry.facts)
        assert entry.personal.content["by"] == "Lê Khách"
