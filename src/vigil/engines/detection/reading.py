"""Sigma rules to conditions: parsed by pySigma, mapped by its pipelines, told apart into what runs and what cannot."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any as AnyValue
from typing import Final, cast

import yaml
from sigma.collection import SigmaCollection
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.pipelines.sysmon.sysmon import sysmon_pipeline
from sigma.pipelines.windows.windows import windows_logsource_pipeline
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
)
from yaml import YAMLError

from vigil.engines.detection.correlation import KINDS, Correlation, Expression
from vigil.engines.detection.terms import (
    All,
    Any,
    Atom,
    Condition,
    Missing,
    Network,
    Not,
    Number,
    Predicate,
    Present,
    Regex,
    Rule,
    RuleSet,
    SameAs,
    Source,
    Text,
    TimePart,
    Unusable,
    Wild,
)

MOST_BYTES: Final = 1_000_000
MOST_VALUES: Final = 200_000
_WILD: Final = {SpecialChars.WILDCARD_MULTI: Wild.ANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}
_COMPARED: Final = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "NEQ": "!="}
_LETTERS: Final = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}


class CannotRun(Exception):
    """A part of a rule that has no meaning here; the words say which."""


def windows() -> ProcessingPipeline:
    """Windows logs: categories as Sysmon's events, services as channels."""
    both: ProcessingPipeline = sysmon_pipeline() + windows_logsource_pipeline()
    return both


def read_texts(
    texts: Iterable[tuple[str, bytes]],
    *,
    pipeline: Callable[[], ProcessingPipeline] = windows,
    placeholders: Mapping[str, Sequence[str]] | None = None,
) -> RuleSet:
    """Rules from their texts, with a name for each. Nothing raises: what cannot run is listed with a reason."""
    found = RuleSet()
    mapping = pipeline()
    parsed: list[tuple[str, AnyValue]] = []
    filters: list[SigmaFilter] = []
    for path, data in texts:
        if len(data) > MOST_BYTES:
            found.unusable.append(Unusable(path, PurePath(path).name, "larger than a megabyte"))
            continue
        try:
            text = data.decode("utf-8-sig")
            _bounded(text)
            collection = SigmaCollection.from_yaml(text, collect_filters=True, resolve_references=False)
        except _FAULTS as error:
            found.unusable.append(Unusable(path, PurePath(path).name, _why(error)))
            continue
        parsed += [(path, one) for one in collection.rules]
        filters += collection.filters
    for path, one in parsed:
        if isinstance(one, SigmaRule):
            _take(found, one, path, mapping, filters, placeholders or {})
    named = _names(parsed)
    _take_correlations(found, [(path, one) for path, one in parsed if isinstance(one, SigmaCorrelationRule)], named)
    return found


def _bounded(text: str) -> None:
    """A text that says little is not to become much. Raises: ValueError; YAMLError where it is none.

    Aliases make trees of what is shared, and each dash of a `windash` value makes five values of one.
    """
    left = MOST_VALUES
    for document in yaml.load_all(text, _LOADER):
        waiting = [("", document)]
        while waiting:
            name, one = waiting.pop()
            left -= 1
            if isinstance(one, str) and "|windash" in name:
                left -= _DASHES ** len(_DASH.findall(one))
            if left < 0:
                raise ValueError(f"it makes more than {MOST_VALUES} values")
            if isinstance(one, dict):
                waiting += [(str(key), value) for key, value in one.items()]
            elif isinstance(one, list):
                waiting += [(name, value) for value in one]


_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DASH: Final = re.compile(r"\B[-/]\b")
_DASHES: Final = 5
_FAULTS: Final = (
    SigmaError,
    YAMLError,
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    IndexError,
    RecursionError,
    NotImplementedError,
)


def _take(
    found: RuleSet,
    one: SigmaRule,
    path: str,
    mapping: ProcessingPipeline,
    filters: Sequence[SigmaFilter],
    placeholders: Mapping[str, Sequence[str]],
) -> None:
    identifier, title = str(one.id or ""), str(one.title or PurePath(path).name)
    try:
        for one_filter in filters:
            one = cast("SigmaRule", one_filter.apply_on_rule(one))
        mapping.apply(one)
        conditions = [_condition(parsed.parsed, placeholders) for parsed in one.detection.parsed_condition]
    except (*_FAULTS, CannotRun) as error:
        found.unusable.append(Unusable(path, title, _why(error), identifier))
        return
    found.rules.append(
        Rule(
            identifier or path,
            title,
            one.level.name.lower() if one.level else "medium",
            _source(one),
            conditions[0] if len(conditions) == 1 else Any(tuple(conditions)),
            tuple(str(tag) for tag in one.tags),
            one.status.name.lower() if one.status else "",
            path,
        )
    )


def _names(parsed: Sequence[tuple[str, AnyValue]]) -> dict[str, str]:
    """Every way to refer to a rule (id, name) -> its id. No name takes the place of an id, or of an earlier name."""
    named: dict[str, str] = {}
    for path, one in parsed:
        if one.name:
            named.setdefault(str(one.name), str(one.id or path))
    return named | {str(one.id): str(one.id) for _, one in parsed if one.id}


def _take_correlations(
    found: RuleSet, several: Sequence[tuple[str, SigmaCorrelationRule]], named: Mapping[str, str]
) -> None:
    """In whatever order they stand: each after those that it asks for."""
    running = {rule.id for rule in found.rules}
    waiting: list[Correlation] = []
    for path, one in several:
        identifier, title = str(one.id or path), str(one.title or PurePath(path).name)
        try:
            waiting.append(_correlation(one, identifier, title, path, named))
        except (*_FAULTS, CannotRun) as error:
            found.unusable.append(Unusable(path, title, _why(error), identifier))
    taken: set[int] = set()
    while ready := [n for n, made in enumerate(waiting) if n not in taken and running.issuperset(made.rules)]:
        taken.update(ready)
        running.update(waiting[n].id for n in ready)
    for n, made in enumerate(waiting):
        if n in taken:
            found.correlations.append(made)
            if not made.generate:
                found.silent.update(made.rules)
        else:
            missing = next(rule for rule in made.rules if rule not in running)
            why = f"the rule {missing} that it asks for does not run"
            found.unusable.append(Unusable(made.path, made.title, why, made.id))


def _correlation(
    one: SigmaCorrelationRule, identifier: str, title: str, path: str, named: Mapping[str, str]
) -> Correlation:
    def id_of(reference: str) -> str:
        if reference not in named:
            raise CannotRun(f"there is no rule {reference}")
        return named[reference]

    condition, expression, fields = one.condition, None, tuple[str, ...]()
    if isinstance(condition, SigmaExtendedCorrelationCondition):
        expression = _expression(condition.parsed, id_of)
        references = [reference.reference for reference in one.rules or ()] or condition.get_referenced_rules()
        operator, count, percentile = "gte", 1, 50
    else:
        references = [reference.reference for reference in one.rules or ()]
        operator, count = condition.op.name.lower(), condition.count
        asked = condition.fieldref or []
        fields = tuple(name.lower() for name in (asked if isinstance(asked, list) else [asked]))
        percentile = 50 if condition.percentile is None else condition.percentile
    kind = one.type.name.lower()
    if kind not in KINDS:
        raise CannotRun(f"a correlation of kind {kind}")
    if kind.startswith("value_") and not fields:
        raise CannotRun("a correlation of values names no field")
    aliases = tuple(
        (alias.alias.lower(), tuple((id_of(rule.reference), name.lower()) for rule, name in alias.mapping.items()))
        for alias in one.aliases
    )
    return Correlation(
        identifier,
        title,
        one.level.name.lower() if one.level else "medium",
        kind,
        tuple(map(id_of, references)),
        tuple(name.lower() for name in one.group_by or ()),
        one.timespan.seconds,
        operator,
        count,
        fields,
        percentile,
        expression,
        aliases,
        tuple(str(tag) for tag in one.tags),
        one.generate,
        path,
    )


def _expression(node: AnyValue, id_of: Callable[[str], str]) -> Expression:
    if isinstance(node, SigmaRuleReference):
        return id_of(node.reference)
    words: dict[type, str] = {
        CorrelationConditionAND: "and",
        CorrelationConditionOR: "or",
        CorrelationConditionNOT: "not",
    }
    for kind, word in words.items():
        if isinstance(node, kind):
            parts: Sequence[AnyValue] = getattr(node, "args")  # noqa: B009
            return word, tuple(_expression(part, id_of) for part in parts)
    raise CannotRun(f"a correlation's condition of {type(node).__name__}")


def _source(rule: SigmaRule) -> Source:
    """What the rule is for; of Windows' rules the product alone, for their conditions name channel and event by now."""
    asked = rule.logsource
    if asked.product == "windows":
        return Source(product="windows")
    return Source(asked.category or "", asked.product or "", asked.service or "")


def _why(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _condition(node: AnyValue, placeholders: Mapping[str, Sequence[str]]) -> Condition:
    match node:
        case ConditionAND():
            return _joined(All, [_condition(part, placeholders) for part in node.args])
        case ConditionOR():
            return _joined(Any, [_condition(part, placeholders) for part in node.args])
        case ConditionNOT():
            return Not(_condition(node.args[0], placeholders))
        case ConditionFieldEqualsValueExpression():
            return _of_value(node.field.lower(), node.value, placeholders)
        case ConditionValueExpression():
            return _of_value("", node.value, placeholders)
    raise CannotRun(f"a condition of {type(node).__name__}")


def _joined(kind: type[All] | type[Any], parts: Sequence[Condition]) -> Condition:
    flat: list[Condition] = []
    for part in parts:
        flat += part.parts if isinstance(part, kind) else [part]
    kept = tuple(dict.fromkeys(flat))
    return kept[0] if len(kept) == 1 else kind(kept)


def _of_value(field_name: str, value: AnyValue, placeholders: Mapping[str, Sequence[str]]) -> Condition:
    if isinstance(value, SigmaExpansion):
        return _joined(Any, [_of_value(field_name, one, placeholders) for one in value.values])
    if isinstance(value, SigmaExists):
        return Atom(field_name, Present() if value.exists else Missing())
    if isinstance(value, SigmaString) and value.contains_placeholder():
        return _joined(
            Any, [_of_value(field_name, one, placeholders) for one in _without_placeholders(value, placeholders)]
        )
    return Atom(field_name, _predicate(value, keyword=not field_name))


def _without_placeholders(value: SigmaString, lists: Mapping[str, Sequence[str]]) -> list[SigmaString]:
    names = [part.name for part in value.s if isinstance(part, Placeholder)]
    if missing := [name for name in names if name not in lists]:
        raise CannotRun(f"no list is given for the placeholder {missing[0]}")
    return list(value.replace_placeholders(lambda placeholder: iter(lists[placeholder.name])))


def _predicate(value: AnyValue, *, keyword: bool) -> Predicate:
    match value:
        case SigmaTimestampPart():
            return TimePart(value.timestamp_part.name.lower(), int(value.number))
        case SigmaCasedString():
            return Text(_parts(value, cased=True, keyword=keyword), cased=True)
        case SigmaString():
            return Text(_parts(value, cased=False, keyword=keyword))
        case SigmaNumber():
            return Text((Wild.ANY, str(value.number), Wild.ANY)) if keyword else Number(float(value.number))
        case SigmaBool():
            return Text(("true" if value.boolean else "false",))
        case SigmaRegularExpression():
            letters = "".join(sorted(_LETTERS[flag] for flag in value.flags))
            return Regex(_plain(value.regexp), letters)
        case SigmaCIDRExpression():
            return Network(value.cidr)
        case SigmaCompareExpression():
            if isinstance(value.number, SigmaTimestampPart):
                part = value.number
                return TimePart(part.timestamp_part.name.lower(), int(part.number), _COMPARED[value.op.name])
            return Number(float(value.number.number), _COMPARED[value.op.name])
        case SigmaNull():
            return Missing()
        case SigmaFieldReference():
            where = {(False, False): "equals", (True, False): "startswith", (False, True): "endswith"}
            return SameAs(value.field.lower(), where.get((value.starts_with, value.ends_with), "contains"))
    raise CannotRun(f"a value of {type(value).__name__}")


def _plain(text: SigmaString) -> str:
    said = "".join(
        part if isinstance(part, str) else ("*" if part is SpecialChars.WILDCARD_MULTI else "?") for part in text.s
    )
    re.compile(said)
    return said


def _parts(value: SigmaString, *, cased: bool, keyword: bool) -> tuple[str | Wild, ...]:
    parts: list[str | Wild] = [Wild.ANY] if keyword else []
    for part in value.s:
        if isinstance(part, str):
            parts.append(part if cased else part.casefold())
        elif part in _WILD:
            if _WILD[part] is Wild.ANY and parts and parts[-1] is Wild.ANY:
                continue
            parts.append(_WILD[part])
        else:
            raise CannotRun(f"a part of {type(part).__name__}")
    if keyword and parts[-1] is not Wild.ANY:
        parts.append(Wild.ANY)
    return tuple(parts)
