"""The gate on the way out: a table for each kind of receiver."""

import pytest

from vigil.domain.exchange.gate import Withheld, may_leave, visible_up_to
from vigil.domain.exchange.instants import read_instant, write_instant
from vigil.domain.exchange.markings import TLP_2, marked_rank
from vigil.kernel.tlp import Tlp

TLP, NEED = Withheld.TLP, Withheld.NEED_TO_KNOW
RECEIVERS = {
    "a public TAXII client": (Tlp.CLEAR, [None, TLP, TLP, TLP, TLP]),
    "a TAXII client of the sector": (Tlp.GREEN, [None, None, TLP, TLP, TLP]),
    "a partner that has clients of its own": (Tlp.AMBER, [None, None, None, TLP, TLP]),
    "another Vigil": (Tlp.AMBER_STRICT, [None, None, None, None, TLP]),
    "a named recipient": (Tlp.RED, [None, None, None, None, None]),
}


@pytest.mark.parametrize(("ceiling", "answers"), RECEIVERS.values(), ids=RECEIVERS)
def test_what_may_go_to_whom(ceiling: Tlp, answers: list[Withheld | None]) -> None:
    assert [may_leave(tlp=label, needs_to_know=True, ceiling=ceiling) for label in Tlp] == answers
    assert [may_leave(tlp=label.rank, needs_to_know=True, ceiling=ceiling.rank) for label in Tlp] == answers


@pytest.mark.parametrize("ceiling", list(Tlp))
def test_who_need_not_know_gets_nothing_at_all(ceiling: Tlp) -> None:
    assert {may_leave(tlp=label, needs_to_know=False, ceiling=ceiling) for label in Tlp} == {NEED}


def test_of_several_ceilings_the_lowest_holds_and_none_is_not_all() -> None:
    assert visible_up_to(Tlp.RED, Tlp.GREEN, 3) == 1
    with pytest.raises(ValueError, match="no ceiling"):
        visible_up_to()


MARKINGS = {
    "none": ({}, None),
    "TLP 2.0": ({"object_marking_refs": [TLP_2[Tlp.AMBER]]}, 2),
    "TLP 1.0 red": ({"object_marking_refs": ["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]}, 4),
    "the stricter of two": ({"object_marking_refs": [TLP_2[Tlp.GREEN], TLP_2[Tlp.RED]]}, 4),
    "a part is stricter": (
        {"object_marking_refs": [TLP_2[Tlp.GREEN]], "granular_markings": [{"marking_ref": TLP_2[Tlp.AMBER]}]}, 2),
    "a statement": ({"object_marking_refs": ["marking-definition--d81f86b9-975b-4c0b-875e-810c5ad45a4f"]}, None),
    "nonsense": ({"object_marking_refs": [1, None, {}], "granular_markings": [3]}, None),
}  # fmt: skip


@pytest.mark.parametrize(("obj", "rank"), MARKINGS.values(), ids=MARKINGS)
def test_an_object_s_own_marking_is_read(obj: dict, rank: int | None) -> None:
    assert marked_rank(obj) == rank


INSTANTS = {
    "2022-04-29T03:00:00Z": "2022-04-29T03:00:00.000000Z",
    "2022-04-29T03:00:00.5Z": "2022-04-29T03:00:00.500000Z",
    "2022-04-29T03:00:00.123456Z": "2022-04-29T03:00:00.123456Z",
    "2022-04-29T03:00:00.123456999Z": "2022-04-29T03:00:00.123456Z",
    "1969-12-31T23:59:59.9Z": "1969-12-31T23:59:59.900000Z",
}


@pytest.mark.parametrize(("text", "written"), INSTANTS.items())
def test_an_instant_is_read_in_any_spelling_and_written_in_one(text: str, written: str) -> None:
    assert write_instant(read_instant(text)) == written


@pytest.mark.parametrize(
    "text",
    ["", "now", "2022-04-29", "2022-04-29T03:00:00", "2022-04-29T03:00:00+07:00", "2022-02-30T00:00:00Z",
     "2022-04-29t03:00:00z", "2022-04-29T03:00:00.Z", "٢٠٢٢-04-29T03:00:00Z", None, 5],
)  # fmt: skip
def test_what_is_no_instant_in_utc_is_refused(text: object) -> None:
    with pytest.raises(ValueError):
        read_instant(text)
