"""Proofs of 1.a (people on site around the clock, for each function) and 1.b (providers have promised people).

Before the window the plan counts, during it the plan and who was there, after it who was there. A roster with a hole is
"not met" even when everybody on it is present.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from vigil.domain.directives.models import Assignment
from vigil.domain.duty.coverage import Covered, covered
from vigil.domain.duty.models import Commitment, Function, ProviderRequest, RequestState, Roster
from vigil.engines.roster import Coverage, Hole
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.proofs import Basis, Fact, Proof, Question, Verdict, cannot_tell

_HOLDS: Final = timedelta(minutes=5)
_SHOWN: Final = 12
_WORDS: Final = {
    Function.MONITORING: N_("Monitoring"),
    Function.SUPPORT: N_("Support"),
    Function.RESPONSE: N_("Response"),
    Function.REMEDIATION: N_("Remediation"),
}


class DutyProver:
    """1.a: for every minute of the window each of the four functions is kept on site."""

    kinds: Collection[str] = ("duty",)

    def prove(self, question: Question, now: datetime) -> Proof:
        """Source: the dispatch's item "phân công lực lượng tại chỗ ... 24/7"."""
        watch_id = Assignment.objects.filter(pk=question.assignment).values_list("watch_id", flat=True).first()
        if watch_id is None:
            return cannot_tell(question, now, phrase(N_("The obligation belongs to no watch.")))
        link = f"/watches/{watch_id}/roster/"
        roster = Roster.objects.filter(watch=watch_id).select_related("watch__organisation").first()
        if roster is None or roster.planned_at is None:
            return self._said(
                question, now, Verdict.NOT_MET, phrase(N_("There is no roster.")),
                step=phrase(N_("Make the roster.")), link=link,
            )  # fmt: skip
        if roster.published_at is None:
            return self._said(
                question, now, Verdict.NOT_MET, phrase(N_("The roster is drafted, and not published.")),
                step=phrase(N_("Look at its holes, then publish it.")), link=link,
            )  # fmt: skip
        return self._judged(question, now, covered(roster, now), link)

    def _judged(self, question: Question, now: datetime, found: Covered, link: str) -> Proof:
        facts = tuple(_facts(found))
        unkept = [name for name in Function.values if not found.planned.needed_minutes.get(name)]
        if unkept:
            return self._said(
                question, now, Verdict.NOT_MET,
                phrase(N_("No post keeps: {functions}."), functions=_listed([_words(name) for name in unkept])),
                facts, step=phrase(N_("Give the function to a post, and plan again.")), link=link,
            )  # fmt: skip
        holes = found.planned.functions or found.planned.posts
        if holes and now < question.ends_at:
            return self._said(
                question, now, Verdict.NOT_MET,
                phrase(N_("The roster has {n} holes; the first: {hole}."), n=len(holes), hole=_hole(holes[0])),
                facts, step=phrase(N_("Fill the holes of the roster.")), link=link,
            )  # fmt: skip
        if found.actual is None:
            return self._said(
                question, now, Verdict.MET,
                phrase(N_("Planned: every minute of the window, for each of the four functions.")), facts, link=link,
            )  # fmt: skip
        return self._was(question, now, found, found.actual, facts, link)

    def _was(
        self, question: Question, now: datetime, found: Covered, actual: Coverage, facts: tuple[Fact, ...], link: str
    ) -> Proof:
        missed = actual.functions or actual.posts
        if missed:
            sentence = phrase(
                N_("Not everybody was there: {n} gaps so far; the last: {hole}."), n=len(missed), hole=_hole(missed[-1])
            )
            step = phrase(N_("See who is on now; a lead can attest by telephone who was there."))
            return self._said(question, now, Verdict.NOT_MET, sentence, facts, step=step, link=link)
        if found.unproven:
            return self._said(
                question, now, Verdict.AT_RISK,
                phrase(N_("Kept every minute so far, but for {n} minutes only a telephone says so: place unproven."),
                       n=max(found.unproven.values())),
                facts, step=phrase(N_("Check in with the code on the post's screen.")), link=link,
            )  # fmt: skip
        if found.attested:
            return self._said(
                question, now, Verdict.MET,
                phrase(N_("Kept every minute so far; a lead attests {n} minutes."), n=max(found.attested.values())),
                facts, basis=Basis.ATTESTED, link=link,
            )  # fmt: skip
        return self._said(
            question, now, Verdict.MET, phrase(N_("Kept every minute so far, on site, for all four functions.")),
            facts, link=link,
        )  # fmt: skip

    def _said(
        self,
        question: Question,
        now: datetime,
        verdict: Verdict,
        sentence: Phrase,
        facts: tuple[Fact, ...] = (),
        *,
        basis: Basis = Basis.MEASURED,
        step: Phrase | None = None,
        link: str = "",
    ) -> Proof:
        return Proof(question, verdict, basis, sentence, now, now + _HOLDS, facts, step, link if step else "")


def _facts(found: Covered) -> list[Fact]:
    told = []
    for name in Function.values:
        asked = found.planned.needed_minutes.get(name, 0)
        open_ = found.planned.gap_minutes.get(name, 0)
        told.append(
            Fact(
                phrase(
                    N_("{function}: planned {n} of {all} minutes"), function=_words(name), n=asked - open_, all=asked
                ),
                asked > 0 and open_ == 0,
            )
        )
        if found.actual is not None and found.until is not None:
            was, gap = found.actual.needed_minutes.get(name, 0), found.actual.gap_minutes.get(name, 0)
            told.append(
                Fact(
                    phrase(
                        N_("{function}: there for {n} of {all} minutes until {until}, place unproven for {weak}"),
                        function=_words(name), n=was - gap, all=was, until=found.until,
                        weak=found.unproven.get(name, 0),
                    ),
                    was > 0 and gap == 0 and name not in found.unproven,
                )
            )  # fmt: skip
    told += [
        Fact(phrase(N_("Hole in the plan: {hole}"), hole=_hole(hole)), False)
        for hole in found.planned.functions[:_SHOWN]
    ]
    told += [
        Fact(phrase(N_("Hole in the plan: {hole}"), hole=_hole(hole)), False) for hole in found.planned.posts[:_SHOWN]
    ]
    if found.actual is not None:
        told += [
            Fact(phrase(N_("Nobody there: {hole}"), hole=_hole(hole)), False)
            for hole in found.actual.functions[:_SHOWN]
        ]
        told += [
            Fact(phrase(N_("Too few there: {hole}"), hole=_hole(hole)), False) for hole in found.actual.posts[:_SHOWN]
        ]
    return told


def _words(function: str) -> Phrase:
    return Phrase(_WORDS[Function(function)])


def _listed(parts: Sequence[Phrase]) -> Phrase:
    told = parts[0]
    for more in parts[1:]:
        told = phrase(N_("{first}, {second}"), first=told, second=more)
    return told


def _hole(hole: Hole) -> Phrase:
    if hole.function:
        return phrase(
            N_("{function} from {start} to {end}"),
            function=_words(hole.function), start=hole.span.start, end=hole.span.end,
        )  # fmt: skip
    if hole.quality == "lead":
        return phrase(N_("no lead from {start} to {end}"), start=hole.span.start, end=hole.span.end)
    return phrase(N_("{n} missing from {start} to {end}"), n=hole.missing, start=hole.span.start, end=hole.span.end)


class ProviderProver:
    """1.b: providers that were asked have named people and hours; or a named person has stated that there is none."""

    kinds: Collection[str] = ("provider_commitment",)

    def prove(self, question: Question, now: datetime) -> Proof:
        """Source: the dispatch's item "đơn vị cung cấp dịch vụ an toàn, an ninh mạng (nếu có)"."""
        watch_id = Assignment.objects.filter(pk=question.assignment).values_list("watch_id", flat=True).first()
        link = f"/watches/{watch_id}/providers/"
        asked = list(ProviderRequest.objects.filter(watch=watch_id).select_related("provider"))
        facts = tuple(Fact(_request_words(one), _request_holds(one)) for one in asked)
        none = [one for one in asked if one.state == RequestState.NONE]
        if none:
            sentence = phrase(N_("There is no provider; {by} states it."), by=none[0].answered_by)
            return self._said(question, now, Verdict.MET, sentence, facts, link, basis=Basis.ATTESTED)
        if not asked:
            return self._said(
                question, now, Verdict.NOT_MET, phrase(N_("No provider was asked.")), facts, link,
                step=phrase(N_("Ask the provider, or record that there is none.")),
            )  # fmt: skip
        answered = [one for one in asked if _request_holds(one)]
        waiting = [one for one in asked if one.state in (RequestState.DRAFT, RequestState.SENT)]
        if waiting:
            late = [one for one in waiting if one.answer_by_at is not None and one.answer_by_at < now]
            verdict = Verdict.NOT_MET if late or now >= question.starts_at else Verdict.AT_RISK
            return self._said(
                question, now, verdict,
                phrase(N_("{n} of {all} providers have not answered."), n=len(waiting), all=len(asked)), facts, link,
                step=phrase(N_("Send the request, call, and record the answer.")),
            )  # fmt: skip
        if not answered:
            return self._said(
                question, now, Verdict.NOT_MET, phrase(N_("No provider has promised anybody.")), facts, link,
                step=phrase(N_("Ask another provider, or keep the functions with your own people.")),
            )  # fmt: skip
        people = sum(_promised(one).values("person").distinct().count() for one in answered)
        sentence = phrase(
            N_("{n} providers have promised {people} named people; they stand in the roster."),
            n=len(answered),
            people=people,
        )
        return self._said(question, now, Verdict.MET, sentence, facts, link, basis=Basis.REPORTED)

    def _said(
        self,
        question: Question,
        now: datetime,
        verdict: Verdict,
        sentence: Phrase,
        facts: tuple[Fact, ...],
        link: str,
        *,
        basis: Basis = Basis.MEASURED,
        step: Phrase | None = None,
    ) -> Proof:
        return Proof(question, verdict, basis, sentence, now, now + _HOLDS, facts, step, link if step else "")


def _request_holds(request: ProviderRequest) -> bool:
    """Whether its answer names people, who are still there, for hours that are not withdrawn."""
    return request.state == RequestState.ANSWERED and _promised(request).exists()


def _promised(request: ProviderRequest) -> QuerySet[Commitment]:
    return request.commitments.filter(withdrawn_at=None, person__left_at=None)


def _request_words(request: ProviderRequest) -> Phrase:
    name = str(request.provider) if request.provider else ""
    if request.state == RequestState.NONE:
        return phrase(N_("No provider, says {by}: {text}"), by=request.answered_by, text=request.answer[:200])
    if request.state == RequestState.ANSWERED:
        hours = sum((one.ends_at - one.starts_at).total_seconds() / 3600 for one in _promised(request))
        return phrase(
            N_("{name}: promised {hours} hours, answered by {by}"),
            name=name,
            hours=round(hours),
            by=request.answered_by,
        )
    if request.state == RequestState.REFUSED:
        return phrase(N_("{name}: refused, answered by {by}"), name=name, by=request.answered_by)
    if request.state == RequestState.SENT and request.sent_at is not None:
        return phrase(N_("{name}: asked at {when}, no answer"), name=name, when=request.sent_at)
    return phrase(N_("{name}: the request is drafted, not sent"), name=name)
