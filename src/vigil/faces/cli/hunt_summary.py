"""What `vigil hunt` prints: rules that matched, when and where, what could not be read, what could not run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from vigil.adapters.log_sources.moments import instants
from vigil.adapters.sigma_rules.shipped import shipped_words
from vigil.domain.detection.reasons import reason_of, reason_of_rule
from vigil.engines.detection.findings import LEVELS, Found
from vigil.engines.detection.indicators import Indicator, IndicatorSet
from vigil.engines.detection.plan import Plan
from vigil.engines.detection.terms import RuleSet
from vigil.faces.cli.hunting import Made
from vigil.faces.cli.terms import local
from vigil.kernel.phrases import Phrase

_MOST: Final = 60
_MOST_MOMENTS: Final = 40
_GRAVE: Final = ("critical", "high")


def rows(made: Made, plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    """File, rule id, events matched, title, by file and title.

    A correlation counts as a rule that matched its closing events, in the files in which those stand.
    """
    listed = [
        (file, plan.rules[rule].title, plan.rules[rule].id, many) for (file, rule), many in made.findings.counts.items()
    ]
    listed += [
        (file, met.correlation.title, met.correlation.id, many) for met in made.met for file, many in met.files.items()
    ]
    for file, title, rule, many in sorted(listed):
        yield file, rule, str(many), " ".join(title.split())


def as_facts(made: Made, plan: Plan, read: RuleSet, known: IndicatorSet | None = None) -> dict[str, Any]:
    """As plain values."""
    return {
        "events": made.events,
        "rules": len(read.rules),
        "found": [
            {
                "id": rule.id,
                "title": rule.title,
                "level": rule.level,
                "tags": list(rule.tags),
                "events": many,
                "first": found.first,
                "last": found.last,
                "hosts": dict(found.hosts.most_common(20)),
                "files": {
                    file: n for (file, number), n in sorted(made.findings.counts.items()) if plan.rules[number] is rule
                },
                "examples": found.examples,
            }
            for rule, many, found in made.findings.per_rule(plan.rules)
        ],
        "indicators": [
            {
                "kind": one.kind,
                "value": one.value,
                "tlp": one.tlp,
                "events": many,
                "first": found.first,
                "last": found.last,
                "examples": found.examples,
            }
            for one, many, found in _sighted(made, known)
        ],
        "refused_indicators": [
            {"value": one.value, "reason": one.reason} for one in (known.refused if known is not None else ())
        ],
        "rejected": [
            {"file": str(path), "records": tally.rejected, "samples": tally.samples, "not_to_its_end": tally.unread}
            for path, tally in sorted(made.tallies.items())
            if tally.rejected
        ],
        "unusable_rules": [
            {"id": one.id, "title": one.title, "path": one.path, "reason": one.reason} for one in read.unusable
        ],
        "correlations": [
            {
                "id": met.correlation.id,
                "title": met.correlation.title,
                "level": met.correlation.level,
                "kind": met.correlation.kind,
                "tags": list(met.correlation.tags),
                "events": met.many,
                "first": met.first,
                "last": met.last,
                "groups": dict(met.groups.most_common(20)),
                "files": dict(sorted(met.files.items())),
            }
            for met in made.met
        ],
        "matches_without_time": made.timeless,
        "expressions_given_up": {plan.atoms[atom].predicate.pattern: n for atom, n in made.gave_up.items()},  # type: ignore[union-attr]
    }


def _sighted(made: Made, known: IndicatorSet | None) -> list[tuple[Indicator, int, Found]]:
    if known is None:
        return []
    found = made.findings
    return [(known.indicators[number], many, found.indicators[number]) for number, many in found.seen.most_common()]


@dataclass(frozen=True, slots=True)
class _Line:
    """What a rule or a correlation found, as it is shown. `where`: hosts, or what it was grouped by.

    Times in one zone, whatever the events say them in, so that they sort and can be compared.
    """

    level: str
    many: int
    title: str
    first: str
    last: str
    where: tuple[str, ...]


def _found(made: Made, plan: Plan, say: Callable[[str], str]) -> list[_Line]:
    """Rules and correlations, the gravest first; of one level those that were met together with others first."""
    found = [
        _Line(
            met.correlation.level, met.many, _title(met.correlation.id, met.correlation.title, say),
            _moment(met.first), _moment(met.last), tuple(group for group, _ in met.groups.most_common(3)),
        )
        for met in made.met
    ]  # fmt: skip
    found += [
        _Line(
            rule.level, many, _title(rule.id, rule.title, say), _moment(one.first), _moment(one.last),
            tuple(host for host, _ in one.hosts.most_common(3)),
        )
        for rule, many, one in made.findings.per_rule(plan.rules)
    ]  # fmt: skip
    grave = {level: n for n, level in enumerate(LEVELS)}
    return sorted(found, key=lambda one: grave.get(one.level, len(LEVELS)))


def _title(rule: str, title: str, say: Callable[[str], str]) -> str:
    return say(title) if rule in shipped_words() else title


def _moment(text: str) -> str:
    """A time as an event says it, in the zone of the pages; as it stands where it is none."""
    return local(instants(pa.array([text]))[0].as_py()) or text[:25]


def _said(reason: Phrase | str, say: Callable[[str], str]) -> str:
    return reason.said(say) if isinstance(reason, Phrase) else reason


def _timeline(found: Sequence[_Line], say: Callable[[str], str]) -> list[str]:
    """When the grave things were first seen, in the order of time."""
    grave = sorted((one for one in found if one.level in _GRAVE and one.first), key=lambda one: one.first)
    if len(grave) < 2:
        return []
    lines = ["", say("In the order of time (first seen):")]
    lines += [f"  {one.first}  {one.title}  {', '.join(one.where[:1])}".rstrip() for one in grave[:_MOST_MOMENTS]]
    if len(grave) > _MOST_MOMENTS:
        lines.append("  " + say("… and {n} rules more").format(n=len(grave) - _MOST_MOMENTS))
    return lines


def passed_over_lines(others: Sequence[Path], say: Callable[[str], str]) -> list[str]:
    """That files of the folders were not read, and how to have them read; nothing where there are none."""
    if not others:
        return []
    names = ", ".join(path.name for path in others[:5]) + (" …" if len(others) > 5 else "")
    told = say(
        "{n} files were passed over, for their names are none of logs (give them by name to have them read): {names}"
    )
    return [told.format(n=len(others), names=names)]


def summary(
    made: Made, plan: Plan, read: RuleSet, say: Callable[[str], str], known: IndicatorSet | None = None
) -> list[str]:
    """Lines to read."""
    found = _found(made, plan, say)
    lines = []
    for one in found[:_MOST]:
        when = f"{one.first} … {one.last}" if one.first else ""
        lines.append(f"{say(one.level.capitalize()).lower():<13} {one.many:>8,}  {one.title}")
        lines.append(f"{'':<23} {when}  {', '.join(one.where)}".rstrip())
    if len(found) > _MOST:
        lines.append(say("… and {n} rules more").format(n=len(found) - _MOST))
    sighted = _sighted(made, known)
    for indicator, many, seen in sighted[:_MOST]:
        lines.append(
            f"{indicator.kind:<13} {many:>8,}  {indicator.value}  {_moment(seen.first)} … {_moment(seen.last)}"
        )
    lines += _timeline(found, say)
    rejected = sum(tally.rejected for tally in made.tallies.values())
    lines.append("")
    lines.append(
        say("{events} events in {files} files, {rules} rules; {found} rules matched {matches} times.").format(
            events=f"{made.events:,}",
            files=len(made.tallies),
            rules=f"{len(read.rules):,}",
            found=len(made.findings.by_rule),
            matches=f"{made.findings.counts.total():,}",
        )
    )
    if read.correlations:
        lines.append(
            say("{n} correlations; {found} were met, by {events} closing events.").format(
                n=len(read.correlations), found=len(made.met), events=f"{sum(met.many for met in made.met):,}"
            )
        )
    if made.timeless:
        lines.append(
            say("{n} matches have no time, and no correlation could take them.").format(n=f"{made.timeless:,}")
        )
    if known is not None:
        lines.append(
            say("{found} of {n} indicators were seen; {refused} are none.").format(
                found=len(sighted), n=f"{len(known.indicators):,}", refused=len(known.refused)
            )
        )
        lines += [f"  {refused.value}: {_said(reason_of(refused.reason), say)}" for refused in known.refused[:10]]
    if rejected:
        lines.append(say("{n} records could not be read:").format(n=rejected))
        for path, tally in sorted(made.tallies.items()):
            if tally.rejected:
                lines.append(f"  {path.name}: {tally.rejected}  {_said(reason_of(tally.samples[0]), say)}")
    if made.unread:
        names = ", ".join(path.name for path in made.unread[:10]) + (" …" if len(made.unread) > 10 else "")
        lines.append(say("NOT READ TO THE END, so this is not all: {names}").format(names=names))
    if read.unusable:
        lines.append(say("{n} rules cannot run:").format(n=len(read.unusable)))
        lines += [
            f"  {unusable.title}: {_said(reason_of_rule(unusable.reason), say)}" for unusable in read.unusable[:20]
        ]
    if made.gave_up:
        lines.append(
            say("{n} times an expression took too long and counted as not found.").format(n=sum(made.gave_up.values()))
        )
    return lines
