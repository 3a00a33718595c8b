"""Proof that the important systems are named, with reason and level. An empty set is "not met", never 100 %."""

from collections.abc import Collection
from datetime import datetime, timedelta

from vigil.domain.estate.queries import systems_in_use
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.proofs import Basis, Fact, Proof, Question, Verdict


class ImportantSystemsProver:
    """Met: at least one system is marked important, each with a reason and a level."""

    kinds: Collection[str] = ("important_systems",)
    homes: Collection[str] = ("here", "guest")

    def prove(self, question: Question, now: datetime) -> Proof:
        """Source: the dispatch's item 1, "các hệ thống thông tin quan trọng, nhạy cảm trọng tâm"."""
        systems = list(systems_in_use(question.organisation))
        important = [system for system in systems if system.important]
        facts = tuple(
            Fact(
                phrase(
                    N_("{name}, level {level}: {reason}"),
                    name=s.name,
                    level=s.level,
                    reason=s.important_reason,
                )
                if s.level
                else phrase(N_("{name}, level not stated: {reason}"), name=s.name, reason=s.important_reason),
                s.level is not None,
                f"/systems/{s.id}/",
            )
            for s in important
        )
        verdict, sentence, step = self._judge(
            len(systems), important=len(important), unlevelled=sum(not f.holds for f in facts)
        )
        return Proof(
            question=question,
            verdict=verdict,
            basis=Basis.MEASURED,
            sentence=sentence,
            measured_at=now,
            valid_until=now + timedelta(minutes=10),
            facts=facts,
            next_step=step,
            next_link=f"/systems/?organisation={question.organisation}" if step else "",
        )

    def _judge(self, total: int, *, important: int, unlevelled: int) -> tuple[Verdict, Phrase, Phrase | None]:
        if total == 0:
            return (
                Verdict.NOT_MET,
                phrase(N_("No information system is listed.")),
                phrase(N_("List the systems, or import them from a sheet.")),
            )
        if important == 0:
            return (
                Verdict.NOT_MET,
                phrase(N_("None of the {n} systems is marked important."), n=total),
                phrase(N_("Mark the important and sensitive ones, each with its reason.")),
            )
        if unlevelled:
            return (
                Verdict.AT_RISK,
                phrase(N_("{n} of {total} important systems have no level."), n=unlevelled, total=important),
                phrase(N_("Enter their level (1-5).")),
            )
        return (
            Verdict.MET,
            phrase(N_("Important systems named, each with its reason and level: {n}."), n=important),
            None,
        )
