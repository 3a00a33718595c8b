"""The journal's page: what the reader may see, by whom and about what; erased data is said to be erased."""

import pytest
from django.urls import reverse
from tests.web.rooms import ACTOR, client_of, furnished

from vigil.domain.accounts.models import Role
from vigil.domain.journal.actions import erase_personal
from vigil.domain.journal.keys import signing_key
from vigil.domain.journal.models import ActorName, Entry, PersonalNote
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.models import Person
from vigil.domain.paging.actions.raising import raise_page
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import phrase

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    return {"ours": furnished("Nhà-Ta"), "theirs": furnished("Của-Họ")}


def _page(client, **query) -> str:
    answer = client.get(reverse("journal"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def _entries(client, **query) -> int:
    return len(client.get(reverse("journal"), query).context["lines"])


def test_a_lead_reads_what_happened_at_home_and_nothing_of_the_others(world) -> None:
    page = _page(client_of(world["ours"].organisation, Role.WATCH_LEAD))
    assert "Cổng Nhà-Ta" in page
    assert "Của-Họ" not in page


def test_a_viewer_reads_no_journal(world) -> None:
    assert client_of(world["ours"].organisation, Role.VIEWER).get(reverse("journal")).status_code == 403


def test_entries_are_found_by_thing_person_and_action(world) -> None:
    someone = Actor("user", str(world["ours"].organisation.pk), "Trần Thị Ánh")
    person = Person.objects.get(pk=world["ours"].keys["person"])
    person.title = "Trưởng ca"
    save_person(person=person, actor=someone, now=clock.now())
    client = client_of(None, Role.ADMINISTRATOR)
    assert _entries(client, subject=f"organisations.person:{person.pk}") == 2
    assert _entries(client, who="tran anh") == 1
    assert _entries(client, who="TRẦN", subject=f"organisations.person:{person.pk}") == 1
    assert _entries(client, who="không ai cả") == 0
    assert _entries(client, who=someone.ref) == 1
    assert _entries(client, who="user:") == 0
    assert _entries(client, action="estate") == 4
    assert _entries(client, since="2100-01-01") == 0


def test_a_lead_does_not_find_the_others_things_by_their_key(world) -> None:
    client = client_of(world["ours"].organisation, Role.WATCH_LEAD)
    assert _entries(client, subject=f"organisations.person:{world['theirs'].keys['person']}") == 0
    assert "Của-Họ" not in _page(client, organisation=str(world["theirs"].organisation.pk))


def test_erased_data_is_said_to_be_erased_and_not_looked_up_again(world) -> None:
    person = Person.objects.get(pk=world["ours"].keys["person"])
    entry = Entry.objects.get(subject=f"organisations.person:{person.pk}")
    client = client_of(None, Role.ADMINISTRATOR)
    subject = entry.subject
    assert person.name in _page(client, subject=subject)
    actor = PersonalNote.objects.get(entry=entry).who.name
    assert _entries(client, subject=subject, who=actor) == 1
    erase_personal(entry=entry, actor=ACTOR, now=clock.now(), why="theo yêu cầu")
    assert _entries(client, subject=subject, who=actor) == 0, "nor found by the name"
    page = _page(client, subject=subject)
    assert person.name not in page
    assert "đã xóa" in page or "(erased)" in page
    assert PersonalNote.objects.get(entry=entry).content is None


def test_a_name_goes_with_the_last_note_that_bears_it(world) -> None:
    person = Person.objects.get(pk=world["ours"].keys["person"])
    for title in ("Trưởng ca", "Phó ca"):
        person.title = title
        save_person(person=person, actor=Actor("user", "x", "Người Tạm"), now=clock.now())
    for left in (1, 0):
        entry = Entry.objects.filter(personal__who__name="Người Tạm").first()
        erase_personal(entry=entry, actor=ACTOR, now=clock.now(), why="theo yêu cầu")
        assert ActorName.objects.filter(name="Người Tạm").count() == left


def test_an_administrator_erases_with_a_reason_only(world) -> None:
    entry = Entry.objects.get(subject=f"organisations.person:{world['ours'].keys['person']}")
    client = client_of(None, Role.ADMINISTRATOR)
    assert client.post(reverse("journal_erase", args=[entry.pk]), {"why": " "}).status_code == 422
    assert client.post(reverse("journal_erase", args=[entry.pk]), {"why": "yêu cầu"}).status_code == 302
    assert Entry.objects.filter(action="journal.personal_erased", why="yêu cầu").exists()


def test_roles_channels_and_languages_are_said_in_words(world) -> None:
    page = _page(client_of(None, Role.ADMINISTRATOR, "en"))
    assert "granted the role Administrator" in page
    assert "granted the role administrator" not in page


def test_the_verify_button_reads_the_whole_chain(world, settings, tmp_path) -> None:
    settings.VIGIL_KEYS, settings.VIGIL_JOURNAL = tmp_path / "keys", tmp_path / "journal"
    signing_key(settings.VIGIL_KEYS)
    client = client_of(None, Role.ADMINISTRATOR)
    answer = client.post(reverse("journal_verify"))
    assert answer.status_code == 200
    assert answer.context["found"].waiting == Entry.objects.count()


def test_a_page_is_named_in_the_reader_s_language(world) -> None:
    owner = world["ours"].organisation
    raise_page(
        organisation=owner, kind="alert", title=phrase("Alert: {title}", title="cổng 4022"), body=phrase("x"),
        actor=ACTOR, now=clock.now(),
    )  # fmt: skip
    page = _page(client_of(owner, Role.WATCH_LEAD))
    assert "Cảnh báo: cổng 4022" in page and "Alert:" not in page
