"""Proof of "cử đầu mối": a contact point is filed, and it answered a test not too long ago."""

from collections.abc import Collection
from datetime import datetime, timedelta

from vigil.domain.organisations.models import ContactPoint, ContactTest, Hours, Purpose
from vigil.domain.organisations.queries import contact_points_filed
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.proofs import Basis, Fact, Proof, Question, Verdict

STALE_AFTER = timedelta(days=90)
ANSWER_WITHIN = timedelta(hours=1)
_HOLDS = timedelta(minutes=10)


class ContactPointProver:
    """Met: filed, answered within 90 days. At risk: untested, or the test still runs. Not met: none, or silence."""

    kinds: Collection[str] = ("contact_point",)
    homes: Collection[str] = ("here", "guest", "peer")

    def prove(self, question: Question, now: datetime) -> Proof:
        """Source: the dispatch's item "cử đầu mối"; TT 20/2017/TT-BTTTT article 7 (reachable 24/7)."""
        points = list(contact_points_filed(question.organisation).exclude(purpose=Purpose.OTHER))
        if not points:
            return self._proof(
                question,
                now,
                Verdict.NOT_MET,
                phrase(N_("No contact point is filed.")),
                next_step=phrase(N_("File a contact point with a number or an address.")),
                next_link=f"/contacts/new/?organisation={question.organisation}",
            )
        tests = list(
            ContactTest.objects.filter(channel__contact_point__in=points).select_related("channel__contact_point")
        )
        answering = [newest for point in points if (newest := self._newest_answer(point, tests, now)) is not None]
        facts = tuple(self._fact(point, answering) for point in points)
        if not answering:
            return self._silent(question, now, points[0], tests, facts)
        if not self._round_the_clock([test.channel.contact_point for test in answering]):
            return self._proof(
                question,
                now,
                Verdict.AT_RISK,
                phrase(N_("A contact point answers, but none is reachable around the clock.")),
                facts=facts,
                next_step=phrase(N_("File one for 24/7, or one for outside office hours too.")),
                next_link=f"/contacts/new/?organisation={question.organisation}",
            )
        return self._answered(question, now, answering, facts)

    def _newest_answer(self, point: ContactPoint, tests: list[ContactTest], now: datetime) -> ContactTest | None:
        """The point's last answer, unless it is too old or a later test met with silence."""
        own = [test for test in tests if test.channel.contact_point_id == point.id]
        answered = max((t for t in own if t.answered_at), key=lambda t: t.answered_at or now, default=None)
        if answered is None or answered.answered_at is None or answered.answered_at <= now - STALE_AFTER:
            return None
        silent = (t for t in own if t.answered_at is None and t.sent_at > answered.answered_at)
        return None if any(t.sent_at <= now - ANSWER_WITHIN for t in silent) else answered

    def _round_the_clock(self, points: list[ContactPoint]) -> bool:
        hours = {point.hours for point in points}
        return Hours.ALWAYS in hours or {Hours.IN_HOURS, Hours.OUT_OF_HOURS} <= hours

    def _answered(
        self, question: Question, now: datetime, answered: list[ContactTest], facts: tuple[Fact, ...]
    ) -> Proof:
        best = max(answered, key=lambda test: (test.answered_by == "link", test.answered_at or now))
        when = best.answered_at or now
        return self._proof(
            question,
            now,
            Verdict.MET,
            phrase(
                N_("{label} is filed and answered a test at {when}."),
                label=best.channel.contact_point.label,
                when=when,
            ),
            facts=facts,
            basis=Basis.MEASURED if best.answered_by == "link" else Basis.ATTESTED,
            valid_until=min(now + _HOLDS, when + STALE_AFTER),
        )

    def _silent(
        self,
        question: Question,
        now: datetime,
        point: ContactPoint,
        tests: list[ContactTest],
        facts: tuple[Fact, ...],
    ) -> Proof:
        link = f"/contacts/{point.id}/"
        running = [test for test in tests if test.answered_at is None and test.sent_at > now - ANSWER_WITHIN]
        if running:
            verdict, sentence = (
                Verdict.AT_RISK,
                phrase(
                    N_("A contact point is filed; the test sent at {when} is not answered yet."),
                    when=running[0].sent_at,
                ),
            )
            step = phrase(N_("Wait for the answer, or call and enter the code."))
        elif tests:
            verdict, sentence = (
                Verdict.NOT_MET,
                phrase(N_("A contact point is filed, but it did not answer its test.")),
            )
            step = phrase(N_("Call, correct the number or address, and test again."))
        else:
            verdict, sentence = (
                Verdict.AT_RISK,
                phrase(N_("A contact point is filed, but nobody has shown that it answers.")),
            )
            step = phrase(N_("Send a test to it."))
        return self._proof(question, now, verdict, sentence, facts=facts, next_step=step, next_link=link)

    def _fact(self, point: ContactPoint, answered: list[ContactTest]) -> Fact:
        holds = any(test.channel.contact_point_id == point.id for test in answered)
        if point.verified_at is None:
            statement: Phrase = phrase(N_("{label}: never verified"), label=point.label)
        else:
            statement = phrase(N_("{label}: last answered at {when}"), label=point.label, when=point.verified_at)
        return Fact(statement, holds, f"/contacts/{point.id}/")

    def _proof(
        self,
        question: Question,
        now: datetime,
        verdict: Verdict,
        sentence: Phrase,
        *,
        facts: tuple[Fact, ...] = (),
        basis: Basis = Basis.MEASURED,
        valid_until: datetime | None = None,
        next_step: Phrase | None = None,
        next_link: str = "",
    ) -> Proof:
        return Proof(question, verdict, basis, sentence, now, valid_until or now + _HOLDS, facts, next_step, next_link)
