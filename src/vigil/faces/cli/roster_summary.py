"""A plan for people: shifts with their people, what is missing and why, broken rules, fairness, cost."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from vigil.engines.roster import KINDS, Hole, Plan, Slot, Unfilled
from vigil.engines.roster.wording import kind_words, place_words
from vigil.kernel.phrases import N_, Phrase, phrase

Translate = Callable[[str], str]


def summary(plan: Plan, translate: Translate, *, why: bool = False) -> list[str]:
    """The lines, in the language of `translate`."""
    return list(_Summary(plan, translate, why).lines())


class _Summary:
    def __init__(self, plan: Plan, translate: Translate, why: bool) -> None:
        self.plan, self._translate, self.why = plan, translate, why
        self.names = {person.id: person.label for person in plan.problem.people}
        self.posts = {post.id: post.name or post.id for post in plan.problem.posts}

    def told(self, what: Phrase) -> str:
        """In the reader's language."""
        return what.said(self._translate)

    def lines(self) -> Iterator[str]:
        """See `summary`."""
        plan = self.plan
        yield plan.problem.name or self.told(phrase(N_("Roster")))
        for remark in plan.remarks:
            yield f"! {self.told(remark)}"
        yield from self._shifts()
        if plan.impossible:
            yield ""
            yield self.told(phrase(N_("No roster without a gap exists: {why}"), why=plan.impossible.phrase))
            if plan.impossible.minimal:
                yield self.told(phrase(N_("None of these can be left out: without any one of them it could be done.")))
        yield from self._block(phrase(N_("Missing")), (self._missing(one) for one in plan.unfilled))
        yield from self._block(phrase(N_("Gaps per function")), (self._gap(hole) for hole in plan.functions))
        yield from self._block(phrase(N_("Gaps per post")), (self._gap(hole) for hole in plan.posts))
        yield from self._block(phrase(N_("Broken rules")), (self.told(one.phrase) for one in plan.violations))
        yield from self._fairness()
        yield from self._cost()

    def _block(self, title: Phrase, lines: Iterator[str]) -> Iterator[str]:
        found = list(lines)
        if found:
            yield ""
            yield f"{self.told(title)} ({len(found)})"
            yield from (f"  {line}" for line in found)

    def _shifts(self) -> Iterator[str]:
        on: dict[str, dict[str, list[tuple[str, Phrase]]]] = defaultdict(lambda: defaultdict(list))
        for one in self.plan.placed:
            on[one.slot][one.kind].append((self.names[one.person], one.why))
        day = None
        for slot in self.plan.problem.slots:
            if slot.day != day:
                day = slot.day
                yield ""
                yield f"{day:%d/%m/%Y}"
            yield f"  {self._when(slot)}  {self.posts[slot.post]}: {self._people(on[slot.id])}"
            if self.why:
                for people in on[slot.id].values():
                    yield from (f"      {name}: {self.told(reason)}" for name, reason in people)

    def _when(self, slot: Slot) -> str:
        local = self.plan.problem.local
        return f"{local(slot.span.start):%H:%M}-{local(slot.span.end):%H:%M}"

    def _people(self, on: dict[str, list[tuple[str, Phrase]]]) -> str:
        parts = []
        for kind in KINDS:
            names = ", ".join(name for name, _ in on.get(kind, []))
            if names:
                parts.append(names if kind == KINDS[0] else f"{self.told(kind_words(kind))} {names}")
        return "; ".join(parts) or self.told(phrase(N_("nobody")))

    def _span(self, hole: Hole) -> str:
        local = self.plan.problem.local
        return f"{local(hole.span.start):%H:%M %d/%m}-{local(hole.span.end):%H:%M %d/%m}"

    def _gap(self, hole: Hole) -> str:
        place = self._translate(hole.function) if hole.function else self.posts[hole.post]
        what = "" if hole.function else f": {hole.missing} x {self.told(place_words(hole.kind, hole.quality))}"
        minutes = self.told(phrase(N_("{count} min"), count=hole.span.minutes))
        return f"{self._span(hole)}  {place}{what} ({minutes})"

    def _missing(self, one: Unfilled) -> str:
        local = self.plan.problem.local
        when = f"{local(one.span.start):%H:%M %d/%m}-{local(one.span.end):%H:%M %d/%m}"
        what = self.told(place_words(one.kind, one.quality))
        return f"{when}  {self.posts[one.post]}: {one.missing} x {what}. {self.told(one.why)}"

    def _fairness(self) -> Iterator[str]:
        yield ""
        yield self.told(phrase(N_("Fairness (what each stands / what would be fair; carried over in brackets)")))
        heads = [
            self.told(phrase(words))
            for words in (N_("Nights"), N_("Holiday shifts"), N_("Hours on duty"), N_("Wishes missed"))
        ]
        yield f"  {'':24}" + "".join(f"{head:>21}" for head in heads)
        for row in self.plan.fairness:
            cells = (
                f"{row.nights}/{row.fair_nights:.1f} ({row.carried_nights})",
                f"{row.holidays}/{row.fair_holidays:.1f} ({row.carried_holidays})",
                f"{row.hours:g}/{row.fair_hours:.1f} ({row.carried_hours})",
                f"{row.wishes_missed}",
            )
            yield f"  {self.names[row.person][:24]:24}" + "".join(f"{cell:>21}" for cell in cells)

    def _cost(self) -> Iterator[str]:
        cost = self.plan.cost
        yield ""
        yield self.told(
            phrase(
                N_(
                    "Cost {total}: missing {unmet}, wishes {wishes}, nights {nights}, "
                    "holidays {holidays}, hours {hours}."
                ),
                total=cost.total,
                unmet=cost.unmet,
                wishes=cost.wishes,
                nights=cost.nights,
                holidays=cost.holidays,
                hours=cost.hours,
            )
        )
        if self.plan.bound is not None:
            yield self.told(phrase(N_("No roster can cost less than {bound}."), bound=self.plan.bound))
        yield self.told(
            phrase(N_("Every minute is covered and every rule is kept."))
            if self.plan.complete
            else phrase(N_("Not everything is covered, or a rule is broken."))
        )
