"""Proofs: what holds until when, what an absent or broken prover says, what the board counts."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from vigil.domain.directives.models import Assignment, Directive, Dispatch, Obligation, Watch, window_instants
from vigil.domain.estate.actions import save_system
from vigil.domain.estate.models import InformationSystem
from vigil.domain.estate.proofs import ImportantSystemsProver
from vigil.domain.journal.models import Entry
from vigil.domain.readiness.actions import prove_watch, question_of
from vigil.domain.readiness.models import ProofSnapshot
from vigil.domain.readiness.queries import board_of
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import phrase
from vigil.kernel.proofs import Basis, Proof, Question, Verdict


class Saying:
    """A prover that says what the test wants."""

    kinds: Collection[str] = ("duty",)

    def __init__(
        self, verdict: Verdict, *, holds: timedelta = timedelta(minutes=10), basis: Basis = Basis.MEASURED
    ) -> None:
        self.verdict, self.holds, self.basis = verdict, holds, basis

    def prove(self, question: Question, now: datetime) -> Proof:
        return Proof(question, self.verdict, self.basis, phrase("said"), now, now + self.holds)


class Broken:
    """A prover whose data cannot be read."""

    kinds: Collection[str] = ("duty",)

    def prove(self, question: Question, now: datetime) -> Proof:
        raise ConnectionError("no route")


@pytest.fixture
def watch(isp, now) -> Watch:
    dispatch = Dispatch.objects.create(
        organisation=isp, sha256="0" * 64, size_bytes=1, media_type="text/plain", received_at=now, text="x"
    )
    directive = Directive.objects.create(
        organisation=isp, dispatch=dispatch, state="confirmed", subject="x", created_at=now
    )
    starts_at, ends_at = window_instants(date(2022, 4, 30), date(2022, 5, 1))
    made = Watch.objects.create(
        organisation=isp, directive=directive, title="x", state="open", starts_at=starts_at, ends_at=ends_at
    )
    for position, kind in enumerate(["duty", "other"]):
        item = Obligation.objects.create(
            directive=directive, position=position, code=str(position), kind=kind, text="x"
        )
        Assignment.objects.create(watch=made, obligation=item)
    return made


def _prove(watch: Watch, prover, lead, at) -> ProofSnapshot:
    kept = prove_watch(watch=watch, provers={"duty": prover}, actor=lead, now=at)
    return next(proof for proof in kept if proof.assignment.obligation.kind == "duty")


def test_an_obligation_that_nothing_measures_cannot_be_told(watch, lead, now) -> None:
    kept = prove_watch(watch=watch, provers={}, actor=lead, now=now)
    assert {proof.verdict for proof in kept} == {"cannot_tell"}


def test_a_prover_that_breaks_down_is_never_good_news(watch, lead, now) -> None:
    _prove(watch, Saying(Verdict.MET), lead, now)
    broken = _prove(watch, Broken(), lead, now + timedelta(minutes=1))
    assert broken.verdict == "cannot_tell"
    assert broken.sentence["values"] == {"kind": "ConnectionError"}


def test_a_proof_past_its_validity_reads_cannot_tell(watch, lead, now) -> None:
    _prove(watch, Saying(Verdict.MET), lead, now)
    fresh, stale = board_of(watch, now + timedelta(minutes=10)), board_of(watch, now + timedelta(minutes=10, seconds=1))
    assert (fresh.rows[0].verdict, fresh.count(Verdict.MET)) == (Verdict.MET, 1)
    assert (stale.rows[0].verdict, stale.rows[0].expired, stale.count(Verdict.MET)) == (Verdict.CANNOT_TELL, True, 0)


def test_a_board_that_was_never_measured_has_no_time_of_measurement(watch, now) -> None:
    board = board_of(watch, now)
    assert board.measured_at is None
    assert board.count(Verdict.CANNOT_TELL) == 2


def test_the_same_answer_renews_and_another_is_a_new_row_and_an_entry(watch, lead, now) -> None:
    first = _prove(watch, Saying(Verdict.NOT_MET), lead, now)
    again = _prove(watch, Saying(Verdict.NOT_MET), lead, now + timedelta(minutes=5))
    assert (again.pk, again.measured_at, again.first_measured_at) == (first.pk, now + timedelta(minutes=5), now)
    turned = _prove(watch, Saying(Verdict.MET), lead, now + timedelta(minutes=6))
    assert turned.pk != first.pk
    changes = [entry.facts for entry in Entry.objects.filter(action="proof.verdict_changed").order_by("row")]
    assert [(c["was"], c["is"]) for c in changes if c["item"] == "0"] == [("", "not_met"), ("not_met", "met")]
    assert ProofSnapshot.objects.filter(assignment=turned.assignment, current=True).count() == 1


def test_the_three_bases_are_counted_apart(watch, lead, now) -> None:
    _prove(watch, Saying(Verdict.MET, basis=Basis.ATTESTED), lead, now)
    board = board_of(watch, now)
    assert board.count(Verdict.MET, Basis.ATTESTED) == 1
    assert board.count(Verdict.MET, Basis.MEASURED) == 0


def test_an_empty_estate_is_not_met_and_never_a_hundred_per_cent(watch, isp, lead, now) -> None:
    question = question_of(watch.assignments.first())
    prove = lambda: ImportantSystemsProver().prove(question, now)  # noqa: E731
    assert prove().verdict == Verdict.NOT_MET
    plain = InformationSystem(organisation=isp, name="Cổng", level=2)
    save_system(system=plain, actor=lead, now=now)
    assert prove().verdict == Verdict.NOT_MET, "no system is important"
    core = InformationSystem(organisation=isp, name="DNS", important=True, important_reason="mọi khách hàng")
    save_system(system=core, actor=lead, now=now)
    assert prove().verdict == Verdict.AT_RISK, "its level is not stated"
    core.level = 4
    save_system(system=core, actor=lead, now=now)
    assert prove().verdict == Verdict.MET


@pytest.mark.parametrize(
    "fields", [{"important": True}, {"level": 6}, {"level": 0}, {"platforms": ["nonsense"]}, {"name": ""}]
)
def test_a_system_that_makes_no_sense_is_not_saved(isp, lead, now, fields) -> None:
    system = InformationSystem(**{"organisation": isp, "name": "x", **fields})
    with pytest.raises(Refused):
        save_system(system=system, actor=lead, now=now)
    assert not InformationSystem.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_measure_at_once_keep_one_answer(watch, lead, now) -> None:
    def measure(verdict: Verdict) -> None:
        try:
            prove_watch(watch=watch, provers={"duty": Saying(verdict)}, actor=lead, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(measure, [Verdict.MET, Verdict.NOT_MET, Verdict.MET, Verdict.AT_RISK]))
    for assignment in watch.assignments.all():
        assert ProofSnapshot.objects.filter(assignment=assignment, current=True).count() == 1
