"""A rule set handed in by a browser: what it would change is shown, applied by whoever may, refused with the reason."""

import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.detection import rule_text, uid_of
from tests.web.rooms import client_of

from vigil.domain.accounts.models import Role
from vigil.domain.detection.models import RetroHunt, Rule, RuleSwitch
from vigil.domain.journal.models import Entry

pytestmark = pytest.mark.django_db
PAGE = "/rules/import/"


def _archive(**rules: bytes) -> SimpleUploadedFile:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, text in rules.items():
            made.writestr(f"sigma/rules/{name}.yml", text)
    return SimpleUploadedFile("sigma_all_rules.zip", out.getvalue(), "application/zip")


def _text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def _staged(page: str) -> str:
    found = re.search(r'name="staged" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def test_what_an_archive_would_change_is_shown_and_then_applied(ours) -> None:
    client = client_of(None, Role.ADMINISTRATOR, "en")
    assert PAGE in _text(client.get(reverse("rules")))
    first = _archive(a=rule_text(1), b=rule_text(2), c=rule_text(3))
    client.post(PAGE, {"staged": _staged(_text(client.post(PAGE, {"file": first})))})
    kept = Rule.objects.get(uid=uid_of(1))
    RuleSwitch.objects.create(organisation=ours.organisation, rule=kept, on=False, by="Lan", at=kept.added_at)
    before = list(Rule.objects.order_by("pk").values())
    broken = rule_text(5, title="Luật gãy").replace(b"condition: selection", b"condition: khac")
    second = _archive(a=rule_text(1, level="critical"), b=rule_text(2), d=rule_text(4, title="Luật mới"), e=broken)
    page = _text(client.post(PAGE, {"file": second}))
    for word in ("Luật mới", "High → Critical", "Gone (1)", "Luật 3", "New (2)", "Cannot run, and why (1)", "khac"):
        assert word in page, word
    assert list(Rule.objects.order_by("pk").values()) == before, "nothing is changed yet"
    done = _text(client.post(PAGE, {"staged": _staged(page)}, follow=True))
    assert "2 rules are new, 1 changed, 1 retired; 1 cannot run." in done
    assert "1 rule cannot run, and why" in done and "Luật gãy" in done and "khac" in done
    kept.refresh_from_db()
    assert (kept.level, RuleSwitch.objects.get(rule=kept).on) == ("critical", False)
    assert Rule.objects.get(uid=uid_of(3)).retired_at is not None
    facts = Entry.objects.filter(action="detection.rules_imported").latest("row").facts
    assert (facts["added"], facts["changed"], facts["retired"]) == (2, 1, 1)
    assert client.post(PAGE, {"staged": _staged(page)}).status_code == 422, "it was taken in"
    again = _text(client.post(PAGE, {"file": _archive(a=rule_text(1, level="critical"), b=rule_text(2),
                                                      d=rule_text(4, title="Luật mới"), e=broken)}))  # fmt: skip
    assert "Nothing to change" in again and "staged" not in again
    third = _archive(a=rule_text(1, level="critical"), b=rule_text(2), d=rule_text(4), f=rule_text(6), g=rule_text(7))
    client.post(PAGE, {"staged": _staged(_text(client.post(PAGE, {"file": third}))), "days": "3"})
    back = RetroHunt.objects.latest("asked_at")
    arrived = Rule.objects.filter(uid__in=[uid_of(4), uid_of(6), uid_of(7)])
    assert set(back.rules) == {str(one.pk) for one in arrived}, "what is new or changed, and runs"


def test_what_cannot_be_read_is_refused_and_changes_nothing(ours) -> None:
    client = client_of(None, Role.ADMINISTRATOR, "en")
    there = Rule.objects.count()
    for sent, why in (
        ({"file": SimpleUploadedFile("x.zip", b"PK nothing")}, "The archive cannot be read"),
        ({"file": SimpleUploadedFile("x.pdf", b"%PDF")}, "neither .zip nor .tar.gz"),
        ({}, "neither .zip nor .tar.gz"),
        ({"file": _archive()}, "There is no rule"),
        ({"staged": "../../etc/passwd"}, "Choose it again"),
        ({"staged": "0" * 64}, "Choose it again"),
    ):
        answer = client.post(PAGE, sent)
        assert (answer.status_code, why in _text(answer)) == (422, True), why
    assert Rule.objects.count() == there


def test_only_who_may_change_the_rules_of_everybody_may(ours) -> None:
    for client in (client_of(ours.organisation, Role.ADMINISTRATOR), client_of(None, Role.WATCH_LEAD)):
        assert client.get(PAGE).status_code == 403
        assert client.post(PAGE, {"file": _archive(a=rule_text(1))}).status_code == 403
        assert PAGE not in _text(client.get(reverse("rules")))
    assert Client().get(PAGE).status_code == 302
    guarded = Client(enforce_csrf_checks=True)
    admin = client_of(None, Role.ADMINISTRATOR)
    guarded.cookies = admin.cookies
    assert guarded.post(PAGE, {"file": _archive(a=rule_text(1))}).status_code == 403
    assert not Rule.objects.filter(uid=uid_of(1)).exists()
