"""Files of Sigma rules, document by document: what each is, whether it can run, and why not."""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Final

import yaml

from vigil.domain.detection.models import LEVELS, Level
from vigil.domain.detection.reasons import FILTER, NO_RULE, OLD, TWICE
from vigil.engines.detection.terms import RuleSet

_BETWEEN: Final = re.compile(r"^---[ \t]*(?:#.*)?$\n?", re.MULTILINE)
_TECHNIQUE: Final = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A document of a rule file as it is kept. `unusable` is empty where it runs."""

    uid: str
    name: str
    text: str
    sha256: str
    title: str
    level: str = Level.MEDIUM
    status: str = ""
    product: str = ""
    category: str = ""
    service: str = ""
    techniques: tuple[str, ...] = ()
    correlates: bool = False
    unusable: str = ""


def read_rules(texts: Iterable[tuple[str, bytes]]) -> list[ReadRule]:
    """Every document of the files, each once; those that cannot run say why. Nothing raises."""
    documents = documents_of(texts)
    found = parsed(documents)
    reasons = {one.path: one.reason for one in found.unusable}
    correlates = {one.path for one in found.correlations}
    running = {one.path for one in found.rules} | correlates
    rules, seen = [], set()
    for name, data in documents:
        rule = described(name, data)
        if not rule.unusable:
            why = "" if name in running else reasons.get(name, NO_RULE)
            rule = replace(rule, correlates=name in correlates, unusable=why[:500])
        if rule.uid in seen:
            rule = replace(rule, uid=_made_up("again " + name), unusable=TWICE)
        seen.add(rule.uid)
        rules.append(rule)
    return rules


def parsed(documents: Sequence[tuple[str, bytes]]) -> RuleSet:
    """What the engine makes of them."""
    from vigil.engines.detection.reading import read_texts  # the parser takes a second to load

    return read_texts(documents)


def described(name: str, data: bytes) -> ReadRule:
    """A document by what stands in it, whether or not it can run. One without an id is known by its text's digest."""
    text = data.decode("utf-8-sig", errors="replace").replace("\x00", "\ufffd")
    plain = ReadRule(
        uid=(digest := hashlib.sha256(data).hexdigest()), name=name[:500], text=text, sha256=digest,
        title=name.rpartition("/")[2][:300],
    )  # fmt: skip
    try:
        said = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both are safe loaders
    except (yaml.YAMLError, ValueError, RecursionError):
        return plain
    if not isinstance(said, dict):
        return plain
    level, source = _word(said, "level"), said.get("logsource")
    asked = source if isinstance(source, dict) else {}
    return replace(
        plain,
        uid=_word(said, "id")[:100] or plain.uid,
        title=_word(said, "title")[:300] or plain.title,
        level=level if level in LEVELS else Level.MEDIUM.value,
        status=_word(said, "status")[:30],
        product=_word(asked, "product")[:60].lower(),
        category=_word(asked, "category")[:60].lower(),
        service=_word(asked, "service")[:60].lower(),
        techniques=_techniques(said.get("tags")),
        unusable=OLD if "action" in said else FILTER if "filter" in said else "",
    )


def _word(said: Mapping[Any, Any], key: str) -> str:
    value = said.get(key)
    return " ".join(str(value).replace("\0", "\ufffd").split()) if isinstance(value, str | int | float) else ""


def _techniques(tags: Any) -> tuple[str, ...]:
    named = [str(tag) for tag in tags] if isinstance(tags, list) else []
    return tuple(dict.fromkeys(match[1].upper() for tag in named if (match := _TECHNIQUE.fullmatch(tag))))


def documents_of(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """One entry a document: a file with several is taken apart where they are divided."""
    found = []
    for name, data in _short(list(files)):
        parts = [data]
        if b"\n---" in data:
            text = data.decode("utf-8-sig", errors="replace")
            parts = [part.encode() for part in _BETWEEN.split(text) if part.strip()] or [data]
        found += [(name if n == 0 else f"{name}#{n + 1}", part) for n, part in enumerate(parts)]
    return found


def _short(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Names within the checkout or archive, not where that lies; one that is there twice is told apart."""
    names = [name.rpartition("!")[2] or name for name, _ in files]
    folders = [name for name in names if name.startswith("/")]
    if folders and len(folders) == len(names):
        above = os.path.commonpath([PurePath(name).parent for name in names])
        names = [os.path.relpath(name, above) for name in names]
    counted: Counter[str] = Counter()
    told = []
    for name, (_, data) in zip(names, files, strict=True):
        counted[name] += 1
        told.append((name if counted[name] == 1 else f"{name} ({counted[name]})", data))
    return told


def _made_up(name: str) -> str:
    return f"file:{hashlib.sha256(name.encode()).hexdigest()[:40]}"
