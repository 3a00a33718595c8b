"""Sigma rules to conditions: parsed by pySigma, mapped by its pipelines, told apart into rules that run and that cannot."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any as AnyValue
from typing import Final

from sigma.collection import SigmaCollection
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaError
from sigma.pipelines.sysmon import sysmon_pipeline
from sigma.pipelines.windows import windows_logsource_pipeline
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
    SameAs,
    Source,
    Text,
    TimePart,
    Unusable,
    Wild,
)

MOST_BYTES: Final = 1_000_000
_WILD: Final = {SpecialChars.WILDCARD_MULTI: Wild.ANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}
_LETTERS: Final = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}


class CannotRun(Exception):
    """A part of a rule that has no meaning here; the words say which."""


@dataclass
class RuleSet:
    """Rules that run and rules that cannot, in the order in which they were read."""

    rules: list[Rule] = field(default_factory=list)
    unusable: list[Unusable] = field(default_factory=list)


def windows() -> ProcessingPipeline:
    """Windows logs: categories as Sysmon's events, services as channels."""
    return sysmon_pipeline() + windows_logsource_pipeline()


def read_texts(
    texts: Iterable[tuple[str, bytes]],
    *,
    pipeline: Callable[[], ProcessingPipeline] = windows,
    placeholders: Mapping[str, Sequence[str]] | None = None,
) -> RuleSet:
    """Rules from their texts, with a name for each. Nothing raises: what cannot be read or run is listed with a reason."""
    found = RuleSet()
    mapping = pipeline()
    for path, data in texts:
        if len(data) > MOST_BYTES:
            found.unusable.append(Unusable(path, PurePath(path).name, "larger than a megabyte"))
            continue
        try:
            collection = SigmaCollection.from_yaml(data.decode("utf-8-sig"), collect_errors=False)
        except (SigmaError, YAMLError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            found.unusable.append(Unusable(path, PurePath(path).name, _why(error)))
            continue
        for one in collection.rules:
            _take(found, one, path, mapping, placeholders or {})
    return found


def _take(
    found: RuleSet, one: AnyValue, path: str, mapping: ProcessingPipeline, placeholders: Mapping[str, Sequence[str]]
) -> None:
    identifier, title = str(one.id or ""), str(one.title or PurePath(path).name)
    if not isinstance(one, SigmaRule):
        found.unusable.append(Unusable(path, title, f"{type(one).__name__} is not run yet", identifier))
        return
    try:
        mapping.apply(one)
        conditions = [_condition(parsed.parsed, placeholders) for parsed in one.detection.parsed_condition]
    except (SigmaError, CannotRun, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
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
        return Atom(field_name, Present() if value.boolean else Missing())
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
                return TimePart(part.timestamp_part.name.lower(), int(part.number), value.op.value)
            return Number(float(value.number.number), value.op.value)
        case SigmaNull():
            return Missing()
        case SigmaFieldReference():
            where = {(False, False): "equals", (True, False): "startswith", (False, True): "endswith"}
            return SameAs(value.field.lower(), where.get((value.starts_with, value.ends_with), "contains"))
    raise CannotRun(f"a value of {type(value).__name__}")


def _plain(text: SigmaString) -> str:
    said = "".join(part if isinstance(part, str) else ("*" if part is SpecialChars.WILDCARD_MULTI else "?")
                   for part in text.s)  # fmt: skip
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
