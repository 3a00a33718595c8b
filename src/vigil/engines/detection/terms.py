"""What a rule says, as small values: predicates over one field, joined by all, any and not.

A field's name is kept in lower case, because logs write the same field in several ways. A value is compared as text
(numbers and truth values as JSON writes them), without regard to case unless the rule says `cased`; a field with
several values holds where one of them does. Logic has two values: a field that is missing makes a predicate false,
and its negation true (Sigma specification 2.1, "Detection").
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from vigil.engines.detection.correlation import Correlation


class Wild(Enum):
    """A wildcard in a text: any number of characters, or exactly one."""

    ANY = "*"
    ONE = "?"


class _Value:
    """Kept by its parts: rules have tens of thousands of these, and a kept plan should open in no time."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__dataclass_fields__)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Text(_Value):
    """The whole value is `parts` in order. Parts are folded (`str.casefold`) unless `cased`."""

    parts: tuple[str | Wild, ...]
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Number(_Value):
    """The value reads as a number, and compares so. `operator` is one of = != < <= > >=."""

    value: float
    operator: str = "="


@dataclass(frozen=True, slots=True)
class Regex(_Value):
    """The pattern is found somewhere in the value. `flags` are letters of `ims`."""

    pattern: str
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Network(_Value):
    """The value is an address in the network (CIDR)."""

    cidr: str


@dataclass(frozen=True, slots=True)
class Missing(_Value):
    """The field is not there, or is null."""


@dataclass(frozen=True, slots=True)
class Present(_Value):
    """The field is there and is not null."""


@dataclass(frozen=True, slots=True)
class SameAs(_Value):
    """The value, folded, is (or begins with, ends with, contains) that of another field of the event."""

    field: str
    where: str = "equals"


@dataclass(frozen=True, slots=True)
class TimePart(_Value):
    """The value is a time whose minute, hour, day, week (ISO), month or year, as written, compares with `value`."""

    part: str
    value: int
    operator: str = "="


Predicate = Text | Number | Regex | Network | Missing | Present | SameAs | TimePart


@dataclass(frozen=True, slots=True)
class Atom(_Value):
    """A predicate over a field, or (field "") over every value of the event: a keyword."""

    field: str
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class All(_Value):
    """Every part holds; none is true."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Any(_Value):
    """Some part holds; none is false."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not(_Value):
    """The part does not hold."""

    part: "Condition"


Condition = Atom | All | Any | Not


def atoms(condition: Condition) -> Iterator[Atom]:
    """Every atom, from left to right, as often as it stands there."""
    waiting = [condition]
    while waiting:
        match waiting.pop():
            case Atom() as atom:
                yield atom
            case All(parts) | Any(parts):
                waiting.extend(reversed(parts))
            case Not(part):
                waiting.append(part)


@dataclass(frozen=True, slots=True)
class Source(_Value):
    """What logs a rule is for, or what a log is: Sigma's category, product and service; empty means any.

    A log may be several at once, joined by commas: what sshd writes is of the services `sshd,auth,syslog`.
    """

    category: str = ""
    product: str = ""
    service: str = ""

    def covers(self, log: "Source") -> bool:
        """Whether a rule for this source is for `log`: what the rule names, the log is."""
        return all(
            not asked or asked == is_ or ("," in is_ and asked in is_.split(","))
            for asked, is_ in ((self.category, log.category), (self.product, log.product), (self.service, log.service))
        )

    def narrowed_by(self, told: "Source") -> "Source":
        """What a log is that somebody said to be this and whose events tell that they are `told`.

        Who says "linux" means sshd's lines, too. Where the two are at odds, what was said holds.
        """
        parts = []
        for said, is_ in ((self.category, told.category), (self.product, told.product), (self.service, told.service)):
            if said and is_ and said not in is_.split(","):
                return self
            parts.append(said or is_)
        return Source(*parts)


@dataclass(frozen=True, slots=True)
class Rule(_Value):
    """A rule that can run. `level` is one of informational, low, medium, high, critical."""

    id: str
    title: str
    level: str
    source: Source
    condition: Condition
    tags: tuple[str, ...] = ()
    status: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Unusable(_Value):
    """A rule that cannot run, and why: none is lost in silence."""

    path: str
    title: str
    reason: str
    id: str = ""


@dataclass
class RuleSet:
    """Rules that run and rules that cannot, in the order in which they were read.

    `silent`: ids of rules that only feed a correlation, and are not told themselves.
    """

    rules: list[Rule] = field(default_factory=list)
    correlations: list[Correlation] = field(default_factory=list)
    unusable: list[Unusable] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
