"""The journal can be read by a person: every action that the code records has a sentence in both languages."""

import re
from pathlib import Path

import pytest

from vigil.domain.journal.models import Entry
from vigil.faces.web.journal.sentences import ROOMS, SENTENCES, sentence_of

SRC = Path(__file__).parents[3] / "src" / "vigil"


def _recorded() -> set[str]:
    found = set()
    for path in SRC.rglob("domain/**/*.py"):
        text = path.read_text()
        found |= set(re.findall(r'action="([a-z_]+\.[a-z_]+)"', text))
        if path.is_relative_to(SRC / "domain" / "duty"):  # its entries are told under the room's name
            told = re.findall(r'\b_?(?:tell|told)\(\s*\w+,\s*"([a-z_]+)"', text)
            found |= {f"duty.{name}" for name in told}
        else:
            found |= set(re.findall(r'_tell\(\w+, "([a-z_.]+)"', text))
    saved = {f"duty.{name}_{what}" for name in ("post", "member") for what in ("added", "changed")}
    return found | saved | {"account.opened", "account.closed"}


def test_every_recorded_action_has_a_sentence() -> None:
    assert not _recorded() - set(SENTENCES)


def test_what_the_journal_is_filtered_by_has_words() -> None:
    assert {action.split(".")[0] for action in SENTENCES} == set(ROOMS)


@pytest.mark.parametrize("action", sorted(SENTENCES))
def test_a_sentence_stands_though_its_facts_are_gone(action) -> None:
    assert sentence_of(Entry(action=action, facts={})).said()
    assert "{" not in sentence_of(Entry(action=action, facts={"is": "met", "role": "viewer"})).said()


def test_an_unknown_action_is_shown_by_its_code() -> None:
    assert sentence_of(Entry(action="later.thing", facts={})).said() == "later.thing"
