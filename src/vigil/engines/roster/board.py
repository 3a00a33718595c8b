"""A roster that is being changed: who is in which task, what that costs, what a change would cost, which rule bars it.

Changes are triples (person, task left, task taken), -1 for none; everything is reckoned by difference.
"""

from collections.abc import Iterable, Sequence

from vigil.engines.roster.model import Model, Task
from vigil.engines.roster.plan import Cost

NONE = -1
Change = tuple[int, int, int]


class Board:
    """See the module."""

    def __init__(self, model: Model, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self.model = model
        people, tasks = len(model.people), len(model.tasks)
        self.mask = [0] * people
        self.on: list[list[int]] = [[] for _ in range(tasks)]
        self.have = [[0] * len(task.wants) for task in model.tasks]
        self.nights, self.holidays, self.load, self.shifts = [0] * people, [0] * people, [0] * people, [0] * people
        self.met = [[0] * len(wishes) for wishes in model.prefer]
        first = min((task.day for task in model.tasks), default=0) - 16
        last = max((task.day for task in model.tasks), default=0) + 16
        self._first = first
        width = last - first + 1
        self.by_day = [[0] * width for _ in range(people)]
        self.minutes_by_day = [[0] * width for _ in range(people)]
        self.by_night = [[0] * width for _ in range(people)]
        self._prices: list[dict[int, int]] = [{} for _ in range(people)]
        self._carries = [bool(earlier) for earlier in model.earlier]
        for p, earlier in enumerate(model.earlier):
            for one in earlier:
                if first <= one.day:
                    self.by_day[p][one.day - first] += 1
                    self.minutes_by_day[p][one.day - first] += one.end - one.start
                if first <= one.night:
                    self.by_night[p][one.night - first] += 1
        for p, t in pairs:
            self.change(p, NONE, t)

    # -- changing ------------------------------------------------------------------------------------------------------

    def change(self, p: int, left: int, taken: int) -> None:
        """Do one change."""
        if left >= 0:
            self._put(p, self.model.tasks[left], -1)
        if taken >= 0:
            self._put(p, self.model.tasks[taken], 1)

    def _put(self, p: int, task: Task, sign: int) -> None:
        t = task.index
        self.mask[p] ^= 1 << t
        if sign > 0:
            self.on[t].append(p)
        else:
            self.on[t].remove(p)
        qualities = self.model.qualities[p]
        for j, want in enumerate(task.wants):
            if want.quality is None or want.quality in qualities:
                self.have[t][j] += sign
        self.load[p] += sign * task.load
        for j, (_, tasks) in enumerate(self.model.prefer[p]):
            if t in tasks:
                self.met[p][j] += sign
        if task.work:
            self.shifts[p] += sign
            self.by_day[p][task.day - self._first] += sign
            self.minutes_by_day[p][task.day - self._first] += sign * task.minutes
            if task.night:
                self.nights[p] += sign
                self.by_night[p][task.night - self._first] += sign
            if task.holiday:
                self.holidays[p] += sign

    def pairs(self) -> list[tuple[int, int]]:
        """Everybody's tasks, in the order of tasks."""
        return [(p, t) for t, people in enumerate(self.on) for p in sorted(people)]

    # -- rules ---------------------------------------------------------------------------------------------------------

    def bar(self, p: int, t: int, left: int = NONE) -> str:
        """The code of the first rule that keeps p from taking t (after leaving `left`), or nothing."""
        code = self.model.barred[t].get(p)
        if code:
            return code
        mask = self.mask[p]
        if left >= 0:
            mask &= ~(1 << left)
        if mask & self.model.clashing[t] or mask >> t & 1:
            return "overlap" if mask & self.model.overlapping[t] or mask >> t & 1 else "rest"
        task = self.model.tasks[t]
        return self._runs(p, task, left) if task.work else ""

    def may(self, p: int, t: int, left: int = NONE) -> bool:
        """Whether no rule keeps p from taking t."""
        return not self.bar(p, t, left)

    def _runs(self, p: int, task: Task, left: int) -> str:
        rules = self.model.rules
        gone = self.model.tasks[left] if left >= 0 and self.model.tasks[left].work else None
        earlier = self._carries[p]
        most = rules.max_nights
        if task.night and most is not None and (earlier or self.nights[p] >= most):
            nights, at = self.by_night[p], task.night - self._first
            out = gone.night - self._first if gone and gone.night else NONE
            if self._run(nights, at, out) > most:
                return "nights"
        most = rules.max_shifts_7d
        if most is not None and (earlier or self.shifts[p] >= most):
            out = gone.day - self._first if gone else NONE
            if _busiest(self.by_day[p], task.day - self._first, out, 1) + 1 > most:
                return "shifts_7d"
        if rules.max_hours_7d is not None:
            out = gone.day - self._first if gone else NONE
            minus = gone.minutes if gone else 0
            busiest = _busiest(self.minutes_by_day[p], task.day - self._first, out, minus)
            if busiest + task.minutes > rules.max_hours_7d * 60:
                return "hours_7d"
        return ""

    @staticmethod
    def _run(nights: Sequence[int], at: int, out: int) -> int:
        """How many nights running there would be with `at` and without one of `out`."""
        run = 1
        for step in (-1, 1):
            night = at + step
            while 0 <= night < len(nights) and nights[night] - (night == out) > 0:
                run += 1
                night += step
        return run

    # -- cost ----------------------------------------------------------------------------------------------------------

    def delta(self, changes: Sequence[Change]) -> int:
        """What the changes (at most one per person) would add to the cost."""
        total = 0
        touched: dict[int, list[tuple[int, int]]] = {}
        for p, left, taken in changes:
            total += self.personal(p, left, taken)
            if left >= 0:
                touched.setdefault(left, []).append((p, -1))
            if taken >= 0:
                touched.setdefault(taken, []).append((p, 1))
        for t, moves in touched.items():
            total += self.unmet_by(t, moves)
        return total

    def unmet_by(self, t: int, moves: Sequence[tuple[int, int]]) -> int:
        """The difference in points for missing people when these come (1) or go (-1)."""
        total = 0
        have = self.have[t]
        for j, want in enumerate(self.model.tasks[t].wants):
            step = 0
            for p, sign in moves:
                if want.quality is None or want.quality in self.model.qualities[p]:
                    step += sign
            if step:
                before, after = want.n - have[j], want.n - have[j] - step
                total += want.weight * ((after if after > 0 else 0) - (before if before > 0 else 0))
        return total

    def personal(self, p: int, left: int, taken: int) -> int:
        """The difference in a person's wishes and shares."""
        model = self.model
        nights = holidays = load = total = 0
        avoid = model.avoid[p]
        if taken >= 0:
            task = model.tasks[taken]
            nights, holidays, load = task.night > 0, task.holiday, task.load
            if avoid:
                total += avoid.get(taken, 0)
        if left >= 0:
            task = model.tasks[left]
            nights -= task.night > 0
            holidays -= task.holiday
            load -= task.load
            if avoid:
                total -= avoid.get(left, 0)
        if nights:
            now = self.nights[p]
            total += model.price_nights[p].rise(now) if nights > 0 else -model.price_nights[p].rise(now - 1)
        if holidays:
            now = self.holidays[p]
            total += model.price_holidays[p].rise(now) if holidays > 0 else -model.price_holidays[p].rise(now - 1)
        if load:
            now = self.load[p]
            total += self._hours(p, now + load) - self._hours(p, now)
        for j, (points, tasks) in enumerate(model.prefer[p]):
            count = self.met[p][j]
            then = count + (taken in tasks) - (left in tasks)
            total += points * ((then <= 0) - (count <= 0))
        return total

    def _hours(self, p: int, load: int) -> int:
        """The price of a load, remembered."""
        known = self._prices[p]
        points = known.get(load)
        if points is None:
            points = known[load] = self.model.price_hours[p].at(load)
        return points

    def missing(self, t: int) -> int:
        """Points for what task t lacks."""
        return sum(
            want.weight * (want.n - have)
            for want, have in zip(self.model.tasks[t].wants, self.have[t], strict=True)
            if have < want.n
        )

    def cost(self) -> Cost:
        """All terms, reckoned anew."""
        model = self.model
        people = range(len(model.people))
        avoided = sum(points for p in people for t, points in model.avoid[p].items() if self.mask[p] >> t & 1)
        preferred = sum(points for p in people for j, (points, _) in enumerate(model.prefer[p]) if not self.met[p][j])
        return Cost(
            unmet=sum(self.missing(t) for t in range(len(model.tasks))),
            wishes=avoided + preferred,
            nights=sum(model.price_nights[p].at(self.nights[p]) for p in people),
            holidays=sum(model.price_holidays[p].at(self.holidays[p]) for p in people),
            hours=sum(model.price_hours[p].at(self.load[p]) for p in people),
        )


def _busiest(days: Sequence[int], at: int, out: int, minus: int) -> int:
    """The largest sum over seven days running that hold `at`, without `minus` on day `out`."""
    worst = 0
    for start in range(max(0, at - 6), at + 1):
        total = sum(days[start : start + 7])
        if start <= out < start + 7:
            total -= minus
        worst = max(worst, total)
    return worst
