"""Which rules run: from a set that is kept up to date, by posture, by switch; own ones once tested."""

from datetime import timedelta

import pytest
from tests.detection import LEAD, rule_text, source_of, uid_of

from vigil.adapters.sigma_rules import rule_texts
from vigil.domain.detection.actions.hunts import ask_hunt, stop_hunt
from vigil.domain.detection.actions.lists import add_list, list_path, retire_list
from vigil.domain.detection.actions.own_rules import faults_of, own_rule_tested, retire_own_rule, save_own_rule
from vigil.domain.detection.actions.postures import apply_posture, revert_posture, set_profile
from vigil.domain.detection.actions.rules import import_rules, switch_rule
from vigil.domain.detection.actions.shipped import import_shipped
from vigil.domain.detection.models import IndicatorList, PostureChange, RetroHunt, Rule, RuleBook
from vigil.domain.detection.queries import rule_counts, rules_for, running_for
from vigil.domain.detection.rule_book import load
from vigil.domain.journal.models import Entry
from vigil.kernel.errors import Conflict, Refused

OWN = """title: Luật riêng
level: low
logsource:
  product: linux
detection:
  selection:
    cmd|contains: nc -e
  condition: selection
"""


def version() -> int:
    return RuleBook.objects.get(pk=1).version


def imported(*texts: tuple[str, bytes], origin: str = "sigmahq", now):
    return import_rules(texts=texts, origin=origin, actor=LEAD, now=now)


def titles(organisation, now) -> list[str]:
    return [rule.title for rule in rules_for(organisation.pk, now)]


def test_an_update_adds_changes_retires_and_keeps_what_cannot_run(isp, now, tmp_path) -> None:
    folder = tmp_path / "sigma" / "rules" / "windows"
    folder.mkdir(parents=True)
    for n in (1, 2):
        (folder / f"{n}.yml").write_bytes(rule_text(n))
    (folder / "bad.yml").write_bytes(rule_text(3).replace(b"condition: selection", b"condition: nothing_such"))
    (folder / "no.yml").write_text("không: [phải yaml")
    (folder / "twice.yml").write_bytes(rule_text(1, title="Trùng"))
    done = import_rules(texts=rule_texts([tmp_path / "sigma"]), origin="sigmahq", actor=LEAD, now=now)
    assert (done.added, done.changed, done.retired, done.unusable) == (5, 0, 0, 3)
    first = Rule.objects.get(uid=uid_of(1))
    assert (first.name, first.techniques, first.product, first.category) == (
        "1.yml", ["T1190"], "windows", "process_creation",
    )  # fmt: skip
    assert all(rule.unusable for rule in Rule.objects.filter(name__in=["bad.yml", "no.yml", "twice.yml"]))
    assert str(tmp_path) not in str(list(Rule.objects.values("name", "unusable")))
    assert rule_counts(isp.pk, now).unusable == 3
    before = version()
    again = import_rules(texts=rule_texts([tmp_path / "sigma"]), origin="sigmahq", actor=LEAD, now=now)
    assert (again.unchanged, version()) == (5, before)
    (folder / "2.yml").unlink()
    (folder / "1.yml").write_bytes(rule_text(1, level="critical"))
    later = now + timedelta(days=1)
    third = import_rules(texts=rule_texts([tmp_path / "sigma"]), origin="sigmahq", actor=LEAD, now=later)
    assert (third.added, third.changed, third.retired) == (0, 1, 1)
    assert Rule.objects.get(uid=uid_of(2)).retired_at == later
    assert titles(isp, now) == ["Luật 1"] and version() == before + 1
    facts = Entry.objects.filter(action="detection.rules_imported").latest("row").facts
    assert (facts["changed"], facts["retired"], len(facts["sha256"])) == (1, 1, 64)
    with pytest.raises(Refused, match="no rule"):
        imported(now=now)
    assert titles(isp, now) == ["Luật 1"]


def test_a_correlation_beside_its_rule_in_one_file(isp, now) -> None:
    both = (
        rule_text(1, level="low")
        + (
            f"---\ntitle: Nhiều lần\nid: {uid_of(9)}\nlevel: high\ncorrelation:\n  type: event_count\n"
            f"  rules:\n    - {uid_of(1)}\n  group-by:\n    - Computer\n  timespan: 5m\n  condition:\n    gte: 5\n"
        ).encode()
    )
    assert imported(("two.yml", both), now=now).unusable == 0
    assert [(r.title, r.correlates) for r in Rule.objects.order_by("uid")] == [("Luật 1", False), ("Nhiều lần", True)]
    assert titles(isp, now) == ["Nhiều lần"]


def test_two_sets_do_not_take_each_other_s_rules(isp, now) -> None:
    imported(("v.yml", rule_text(1, level="low")), origin="vigil", now=now)
    done = imported(("s.yml", rule_text(1)), ("t.yml", rule_text(2)), now=now)
    assert (done.added, done.left, done.retired) == (1, ("s.yml",), 0)
    assert titles(isp, now) == ["Luật 1", "Luật 2"]  # Vigil's own run from low


def test_vigil_s_own_come_with_the_program_and_follow_it(isp, now, tmp_path) -> None:
    done = import_shipped(actor=LEAD, now=now)
    assert done is not None and done.added > 50 and not done.unusable
    there = Rule.objects.filter(origin="vigil")
    running = rules_for(isp.pk, now)
    assert set(there.exclude(level="informational")) == set(running)
    source_of(isp, now=now)
    loaded = load(runs=running_for, plans=tmp_path, lists=tmp_path, now=now)
    assert not loaded.read.unusable, "in whatever order they are compiled"
    ours = loaded.ours[isp.pk]
    assert {one.id for one in ours.correlations} == set(ours.correlated) and len(ours.correlations) > 15
    assert {loaded.plan.rules[number].level for number in ours.alerting} == {"low", "medium", "high", "critical"}
    assert ours.matched > ours.alerting
    before = version()
    assert import_shipped(actor=LEAD, now=now) is None and version() == before
    off = running.get(title="Log4Shell attempt in a web request")
    switch_rule(organisation=isp, rule=off, on=False, why="Ồn", actor=LEAD, now=now)
    there.filter(pk=off.pk).update(text="title: of an older release", sha256="0" * 64, level="low")
    Rule.objects.create(
        origin="vigil", uid=uid_of(77), name="old.yml", title="Gone", sha256="1" * 64, added_at=now, changed_at=now
    )
    done = import_shipped(actor=LEAD, now=now)
    assert done is not None and (done.added, done.changed, done.retired) == (0, 1, 1)
    off.refresh_from_db()
    assert (off.level, off.changed_at) == ("high", now) and off.text.startswith("title: Log4Shell")
    assert off not in rules_for(isp.pk, now) and Rule.objects.get(uid=uid_of(77)).retired_at == now


def test_by_level_and_product_and_switch(isp, organisation_of, now) -> None:
    levels = ["informational", "low", "medium", "high", "critical"]
    imported(*((f"{n}.yml", rule_text(n, level=level)) for n, level in enumerate(levels)), now=now)
    imported_rules = {rule.title: rule for rule in Rule.objects.all()}
    assert titles(isp, now) == ["Luật 3", "Luật 4"]
    switch_rule(organisation=isp, rule=imported_rules["Luật 4"], on=False, why="Ồn", actor=LEAD, now=now)
    switch_rule(organisation=isp, rule=imported_rules["Luật 0"], on=True, actor=LEAD, now=now)
    assert titles(isp, now) == ["Luật 0", "Luật 3"]
    assert titles(organisation_of("Khác"), now) == ["Luật 3", "Luật 4"]
    change = apply_posture(organisation=isp, watch=None, actor=LEAD, now=now)
    assert titles(isp, now) == ["Luật 0", "Luật 2", "Luật 3"]
    assert (change.before["rules"], change.after["rules"]) == (2, 3)
    assert (change.before["take_within_s"]["high"], change.after["take_within_s"]["high"]) == (900, 450)
    with pytest.raises(Conflict):
        apply_posture(organisation=isp, watch=None, actor=LEAD, now=now)
    set_profile(
        organisation=isp, posture="highest", least_level="low", products=["Linux"], take_within_s={"high": 60},
        silent_percent=25, actor=LEAD, now=now,
    )  # fmt: skip
    assert titles(isp, now) == ["Luật 0"]
    before = version()
    revert_posture(change=change, actor=LEAD, now=now)
    assert version() == before + 1 and titles(isp, now) == ["Luật 0", "Luật 3"]
    with pytest.raises(Conflict):
        revert_posture(change=PostureChange.objects.get(), actor=LEAD, now=now)
    switch_rule(organisation=isp, rule=imported_rules["Luật 0"], on=None, actor=LEAD, now=now)
    assert titles(isp, now) == ["Luật 3"]
    with pytest.raises(Refused):
        set_profile(
            organisation=isp, posture="normal", least_level="x", products=[], take_within_s={}, silent_percent=1,
            actor=LEAD, now=now,
        )  # fmt: skip


def test_an_own_rule_runs_once_tested_and_switched_on(isp, organisation_of, now) -> None:
    rule = save_own_rule(organisation=isp, text=OWN, actor=LEAD, now=now)
    assert rule.text.startswith("id: ")
    with pytest.raises(Refused, match="Test it"):
        switch_rule(organisation=isp, rule=rule, on=True, actor=LEAD, now=now)
    own_rule_tested(rule=rule, sha256=rule.sha256, result={"events": 10, "found": 1}, actor=LEAD, now=now)
    assert titles(isp, now) == []
    switch_rule(organisation=isp, rule=rule, on=True, actor=LEAD, now=now)
    other = organisation_of("Khác")
    assert titles(isp, now) == ["Luật riêng"] and titles(other, now) == []
    with pytest.raises(Refused, match="another organisation"):
        switch_rule(organisation=other, rule=rule, on=True, actor=LEAD, now=now)
    changed = save_own_rule(organisation=isp, rule=rule, text=rule.text.replace("nc -e", "ncat"), actor=LEAD, now=now)
    assert changed.pk == rule.pk and titles(isp, now) == []  # another text: tested anew
    with pytest.raises(Conflict, match="while it was tested"):
        own_rule_tested(rule=rule, sha256=rule.sha256, result={}, actor=LEAD, now=now)
    with pytest.raises(Conflict, match="another organisation"):
        save_own_rule(organisation=other, rule=changed, text=changed.text + "\n# x", actor=LEAD, now=now)
    with pytest.raises(Conflict, match="has this id"):
        save_own_rule(organisation=other, text=changed.text, actor=LEAD, now=now)
    retire_own_rule(rule=rule, actor=LEAD, now=now)
    assert not rules_for(isp.pk, now).exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title: x\nlevel: [\n", 3),
        ("title: một\n---\ntitle: hai\n", 1),
        (OWN.replace("condition: selection", "condition: khac"), 8),
        ("title: x\nlogsource:\n  product: linux\n", 1),
        ("title: x\nfilter:\n  rules: any\n", 2),
        ("chỉ là chữ", 1),
    ],
)
def test_what_is_wrong_is_shown_by_line(isp, now, text, line) -> None:
    faults = faults_of(text, isp)
    assert faults and faults[0].line == line, faults
    with pytest.raises(Refused, match="Line"):
        save_own_rule(organisation=isp, text=text, actor=LEAD, now=now)


def test_a_list_of_indicators_is_kept_as_it_was_given(isp, now) -> None:
    content = b"xau.example\n192.0.2.66\ncom.vn\n0.0.0.0/0\n"
    made = add_list(organisation=isp, name="Danh sách", tlp="amber", content=content, actor=LEAD, now=now)
    assert (made.accepted, made.refused, list_path(made.pk).read_bytes()) == (2, 2, content)
    assert {one["value"] for one in made.refused_samples} == {"com.vn", "0.0.0.0/0"}
    before, files = version(), set(list_path(made.pk).parent.iterdir())
    with pytest.raises(Refused, match="no indicator"):
        add_list(organisation=isp, name="Rỗng", tlp="amber", content=b"# \n", actor=LEAD, now=now)
    assert set(list_path(made.pk).parent.iterdir()) == files
    retire_list(listed=made, actor=LEAD, now=now)
    assert version() == before + 1 and IndicatorList.objects.get().retired_at == now


def test_a_hunt_is_asked_for_and_stopped(isp, organisation_of, now) -> None:
    imported(("1.yml", rule_text(1)), now=now)
    rule, since = Rule.objects.get(), now - timedelta(days=7)
    asked = {"title": "", "lists": [], "since": since, "until": now, "actor": LEAD, "now": now}
    hunt = ask_hunt(organisation=isp, rules=[rule.pk], **asked)
    assert (hunt.state, hunt.rules) == ("waiting", [str(rule.pk)])
    own = save_own_rule(organisation=organisation_of("Khác"), text=OWN, actor=LEAD, now=now)
    for rules, more in (([], {}), ([own.pk], {}), ([rule.pk], {"until": since})):
        with pytest.raises(Refused):
            ask_hunt(organisation=isp, rules=rules, **{**asked, **more})
    assert stop_hunt(hunt=hunt, actor=LEAD, now=now).state == "cancelled"
    running = ask_hunt(organisation=isp, rules=[rule.pk], **asked)
    RetroHunt.objects.filter(pk=running.pk).update(state="running")
    assert stop_hunt(hunt=running, actor=LEAD, now=now).stop_asked
    with pytest.raises(Conflict):
        stop_hunt(hunt=running, actor=LEAD, now=now)
    for _ in range(9):
        ask_hunt(organisation=isp, rules=[rule.pk], **asked)
    with pytest.raises(Conflict, match="under way"):
        ask_hunt(organisation=isp, rules=[rule.pk], **asked)
