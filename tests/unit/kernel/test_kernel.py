"""The words that every floor speaks."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.kernel import clock
from vigil.kernel.errors import Conflict, NotAllowed, NotFound, Refused, Unavailable
from vigil.kernel.identifiers import new_id, new_spoken_code
from vigil.kernel.phrases import Phrase, phrase
from vigil.kernel.proofs import Basis, Proof, Question, Verdict, cannot_tell

NOW = datetime(2022, 4, 30, tzinfo=UTC)
QUESTION = Question(uuid4(), "1.a", "duty", uuid4(), NOW, NOW + timedelta(days=2))


def test_identifiers_are_uuid7_and_sort_by_birth() -> None:
    made = [new_id() for _ in range(200)]
    assert all(isinstance(i, UUID) and i.version == 7 and i.variant == UUID(int=0x8 << 60).variant for i in made)
    assert len(set(made)) == 200
    assert [i.int >> 80 for i in made] == sorted(i.int >> 80 for i in made)


def test_a_spoken_code_has_no_letter_that_sounds_like_another() -> None:
    assert not set("".join(new_spoken_code() for _ in range(200))) & set("01OIL")


def test_the_clock_is_held_inside_the_block_and_runs_again_after_it() -> None:
    with clock.frozen_at(NOW):
        assert clock.now() == NOW
        assert clock.today() == date(2022, 4, 30)
    assert clock.now() > NOW
    with pytest.raises(ValueError, match="aware"), clock.frozen_at(datetime(2022, 4, 30)):  # noqa: DTZ001
        pass


def test_a_practice_clock_is_shifted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_CLOCK_SHIFT_S", "-86400")
    assert datetime.now(UTC) - clock.now() > timedelta(hours=23)


_values = st.one_of(
    st.integers(),
    st.text(),
    st.none(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.builds(phrase, st.just("in")),
)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), _values, max_size=4))
def test_a_phrase_survives_storage(values: dict[str, object]) -> None:
    said = Phrase(" ".join(f"{{{name}}}" for name in values), values)
    assert Phrase.from_json(said.to_json()) == said
    assert Phrase.from_json(said.to_json()).said() == said.said()


def test_a_phrase_is_said_in_the_readers_language_with_times_of_viet_nam() -> None:
    said = phrase("since {at}: {what}", at=NOW, what=phrase("silence"))
    words = {"since {at}: {what}": "từ {at}: {what}", "silence": "im lặng"}
    assert said.said(words.__getitem__) == "từ 07:00 30/04/2022: im lặng"
    assert phrase("no {places} here").said() == "no {places} here"


@pytest.mark.parametrize(
    "kind, status", [(NotAllowed, 403), (NotFound, 404), (Conflict, 409), (Refused, 422), (Unavailable, 503)]
)
def test_each_error_has_its_status_a_code_and_words(kind: type[Refused], status: int) -> None:
    error = kind("room.what", "{n} things", n=3)
    assert (error.status, error.code, str(error.phrase), error.facts) == (status, "room.what", "3 things", {"n": 3})


@given(st.sampled_from(Verdict), st.sampled_from(Basis), st.timedeltas(timedelta(0), timedelta(days=9)))
def test_no_proof_outlives_its_validity(verdict: Verdict, basis: Basis, age: timedelta) -> None:
    proof = Proof(QUESTION, verdict, basis, phrase("x"), NOW, NOW + timedelta(hours=1))
    read = proof.as_of(NOW + age)
    assert read.verdict == (verdict if age <= timedelta(hours=1) else Verdict.CANNOT_TELL)


def test_cannot_tell_is_not_met() -> None:
    assert cannot_tell(QUESTION, NOW, phrase("x")).verdict not in (Verdict.MET, Verdict.AT_RISK)
