"""What `vigil hunt` prints: rules that matched, when and where, what could not be read, what could not run."""

from collections.abc import Callable, Iterator
from typing import Any

from vigil.engines.detection.findings import Found
from vigil.engines.detection.indicators import Indicator, IndicatorSet
from vigil.engines.detection.plan import Plan
from vigil.engines.detection.terms import RuleSet
from vigil.faces.cli.hunting import Made

_MOST = 60


def rows(made: Made, plan: Plan) -> Iterator[tuple[str, str, str, str]]:
    """File, rule id, events matched, title, by file and title."""
    listed = [(file, plan.rules[rule], many) for (file, rule), many in made.findings.counts.items()]
    for file, rule, many in sorted(listed, key=lambda one: (one[0], one[1].title, one[1].id)):
        yield file, rule.id, str(many), " ".join(rule.title.split())


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
            {"file": str(path), "records": tally.rejected, "samples": tally.samples}
            for path, tally in sorted(made.tallies.items())
            if tally.rejected
        ],
        "unusable_rules": [
            {"id": one.id, "title": one.title, "path": one.path, "reason": one.reason} for one in read.unusable
        ],
        "correlations_not_run": [one.title for one in read.correlations],
        "expressions_given_up": {plan.atoms[atom].predicate.pattern: n for atom, n in made.gave_up.items()},  # type: ignore[union-attr]
    }


def _sighted(made: Made, known: IndicatorSet | None) -> list[tuple[Indicator, int, Found]]:
    if known is None:
        return []
    found = made.findings
    return [(known.indicators[number], many, found.indicators[number]) for number, many in found.seen.most_common()]


def summary(
    made: Made, plan: Plan, read: RuleSet, say: Callable[[str], str], known: IndicatorSet | None = None
) -> list[str]:
    """Lines to read."""
    lines = []
    listed = made.findings.per_rule(plan.rules)
    for rule, many, found in listed[:_MOST]:
        when = f"{found.first[:19]} … {found.last[:19]}" if found.first else ""
        where = ", ".join(host for host, _ in found.hosts.most_common(3))
        lines.append(f"{rule.level:<13} {many:>8,}  {rule.title}")
        lines.append(f"{'':<23} {when}  {where}".rstrip())
    if len(listed) > _MOST:
        lines.append(say("… and {n} rules more").format(n=len(listed) - _MOST))
    sighted = _sighted(made, known)
    for one, many, found in sighted[:_MOST]:
        lines.append(f"{one.kind:<13} {many:>8,}  {one.value}  {found.first[:19]} … {found.last[:19]}")
    rejected = sum(tally.rejected for tally in made.tallies.values())
    lines.append("")
    lines.append(
        say("{events} events in {files} files, {rules} rules; {found} rules matched {matches} times.").format(
            events=f"{made.events:,}",
            files=len(made.tallies),
            rules=f"{len(read.rules):,}",
            found=len(listed),
            matches=f"{sum(many for _, many, _ in listed):,}",
        )
    )
    if known is not None:
        lines.append(
            say("{found} of {n} indicators were seen; {refused} are none.").format(
                found=len(sighted), n=f"{len(known.indicators):,}", refused=len(known.refused)
            )
        )
        lines += [f"  {one.value}: {one.reason}" for one in known.refused[:10]]
    if rejected:
        lines.append(say("{n} records could not be read:").format(n=rejected))
        for path, tally in sorted(made.tallies.items()):
            if tally.rejected:
                lines.append(f"  {path.name}: {tally.rejected}  {tally.samples[0]}")
    if read.unusable:
        lines.append(say("{n} rules cannot run:").format(n=len(read.unusable)))
        lines += [f"  {one.title}: {one.reason}" for one in read.unusable[:20]]
    if read.correlations:
        lines.append(say("{n} correlations are not run by this command yet.").format(n=len(read.correlations)))
    if made.gave_up:
        lines.append(
            say("{n} times an expression took too long and counted as not found.").format(n=sum(made.gave_up.values()))
        )
    return lines
