"""The rules and needs of a problem one by one, as keys, and a conflict among some of them in words.

Keys: ("need", t, j), ("rest",), ("nights",), ("shifts_7d",), ("hours_7d",), ("crew",), ("leave", p), ("dates", p),
("fixed", p, t).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from vigil.engines.roster.coverage import LEAD
from vigil.engines.roster.model import Model, Task
from vigil.engines.roster.plan import Atom, Impossible
from vigil.engines.roster.wording import days, joined, kind_words, listed, place_words, rule_of
from vigil.kernel.phrases import N_, Phrase, phrase

Key = tuple[str, int, int] | tuple[str, int] | tuple[str]
_RULES = ("rest", "nights", "shifts_7d", "hours_7d")


def atoms_of(model: Model) -> Iterable[Key]:
    """Every key of the problem."""
    for task in model.tasks:
        for j in range(len(task.wants)):
            yield ("need", task.index, j)
    rules = model.rules
    for code, value in zip(
        _RULES, (rules.rest_h, rules.max_nights, rules.max_shifts_7d, rules.max_hours_7d), strict=True
    ):
        if value is not None:
            yield (code,)
    codes = {(code, p) for bars in model.bars for p, all_codes in bars.items() for code in all_codes}
    if any(code == "crew" for code, _ in codes):
        yield ("crew",)
    for code, p in sorted(codes):
        if code in ("leave", "dates"):
            yield (code, p)
    for p, t in sorted(model.fixed):
        yield ("fixed", p, t)


def conflict(
    model: Model, keys: Sequence[Key], *, minimal: bool, method: str, counts: tuple[int, int] | None = None
) -> Impossible:
    """The conflict in words. `counts`: places, and how many of them can be filled at most, where it was counted."""
    needs = [key for key in keys if key[0] == "need"]
    rules = [key for key in keys if key[0] != "need"]
    said = phrase(
        N_("{people} people cannot cover this: {needs}"), people=len(model.people), needs=_needs(model, needs)
    )
    if counts:
        said = phrase(
            N_("{start} ({places} places, at most {most} can be filled)"), start=said, places=counts[0], most=counts[1]
        )
    if rules:
        said = phrase(N_("{start}; with {rules}"), start=said, rules=listed(_grouped(model, rules)))
    atoms = tuple(_atom(model, key) for key in (*needs, *rules))
    return Impossible(phrase(N_("{text}."), text=said), atoms, minimal, method, frozenset(keys))


def _needs(model: Model, needs: Sequence[Key]) -> Phrase:
    """Places of one sort together: "leads on nights of 30/4 and 1/5"."""
    groups: dict[tuple[str, str, bool], set[date]] = defaultdict(set)
    posts: dict[tuple[str, str, bool], set[str]] = defaultdict(set)
    for _, t, j in needs:  # type: ignore[misc]
        task = model.tasks[t]
        quality = task.wants[j].quality or ""
        group = (task.kind, quality, task.night > 0)
        groups[group].add(date.fromordinal(task.night or task.day))
        posts[group].add(task.slot.post)
    parts: list[Phrase | str] = []
    for group in sorted(groups, key=lambda one: (min(groups[one]), one)):
        kind, quality, at_night = group
        values = {"who": _who(kind, quality), "days": days(groups[group])}
        if len(posts[group]) < len(model.problem.posts):
            names = [model.problem.post(post).name or post for post in sorted(posts[group])]
            values["who"] = phrase(N_("{who} at {posts}"), who=values["who"], posts=listed(names))
        parts.append(
            phrase(N_("{who} on nights of {days}"), **values) if at_night else phrase(N_("{who} on {days}"), **values)
        )
    return listed(parts)


def _who(kind: str, quality: str) -> Phrase:
    if quality == LEAD:
        return phrase(N_("leads"))
    if quality:
        return phrase(N_("people with the skill {skill}"), skill=quality)
    return phrase(N_("people {kind}"), kind=kind_words(kind))


def _grouped(model: Model, rules: Sequence[Key]) -> list[Phrase | str]:
    """Leave and dates of several people in one breath."""
    parts: list[Phrase | str] = [_rule(model, key) for key in rules if key[0] not in ("leave", "dates")]
    for code, wording in (("leave", N_("the leave of {people}")), ("dates", N_("the first or last day of {people}"))):
        names = [model.people[key[1]].label for key in rules if key[0] == code]  # type: ignore[misc]
        if names:
            parts.append(Phrase(wording, {"people": listed(names)}))
    return parts


def _rule(model: Model, key: Key) -> Phrase:
    if key[0] in ("leave", "dates"):
        return joined(_grouped(model, [key]))
    if key[0] in _RULES:
        return rule_of(key[0], model.rules)
    if key[0] == "crew":
        return phrase(N_("the crews' days off"))
    _, p, t = key  # type: ignore[misc]
    return phrase(N_("{person} fixed to {shift}"), person=model.people[p].label, shift=_when(model.tasks[t]))


def _when(task: Task) -> str:
    return task.slot.id


def _atom(model: Model, key: Key) -> Atom:
    if key[0] == "need":
        _, t, j = key  # type: ignore[misc]
        task = model.tasks[t]
        want = task.wants[j]
        said = phrase(
            N_("{count} x {place} in {shift}"),
            count=want.n,
            place=place_words(task.kind, want.quality),
            shift=_when(task),
        )
        return Atom("need", said, "", task.slot.id, task.kind, want.quality)
    person = model.people[key[1]].id if len(key) > 1 else ""
    slot = model.tasks[key[2]].slot.id if len(key) > 2 else ""
    return Atom(key[0], _rule(model, key), person, slot)
