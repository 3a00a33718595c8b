r"""The language in which events are searched for (docs/reference/search.md).

    word  "two words"  field:value  field:"a value"  -not  one OR other  (…)  * ?

What stands side by side must all hold; `OR` binds weaker. A word is looked for anywhere in the line as it came, a
field's value must be the whole value; `*` stands for any text, `?` for one character, `field:*` for any value at all.
Upper and lower case are the same. `\` before `*`, `?` or `"` takes their meaning away; elsewhere it is itself, so that
paths can be pasted (of several before such a character, two make one).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

LONGEST: Final = 1_000
MOST_TERMS: Final = 40
MOST_WILD: Final = 40
DEEPEST: Final = 10
_FIELD: Final = re.compile(r"[A-Za-z_@][\w.@/\-]{0,199}(?=:)")
_SPECIAL: Final = frozenset('*?"')


@dataclass(frozen=True, slots=True)
class Any_:
    """Any text, also none (`*`)."""


@dataclass(frozen=True, slots=True)
class One:
    """One character (`?`)."""


Part = str | Any_ | One


@dataclass(frozen=True, slots=True)
class Term:
    """A value of a field, or (field "") a text anywhere in the line."""

    field: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: "Query"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; of none, everything does."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of the parts holds."""

    parts: tuple["Query", ...]


Query = Term | Not | All | Either
EVERYTHING: Final = All(())


def parse(text: str) -> Query:
    """What is searched for; an empty text finds everything.

    Raises: Refused `search.too_long`, `search.too_much`, `search.quote`, `search.bracket`, `search.nothing_after`,
    `search.no_value`.
    """
    if len(text) > LONGEST:
        raise Refused("search.too_long", N_("At most {most} characters can be searched for."), most=LONGEST)
    return _Reader(text).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # ( ) - OR AND term
    at: int
    term: Term | None = None


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        if sum(token.kind == "term" for token in self._tokens) > MOST_TERMS:
            raise Refused("search.too_much", N_("At most {most} terms in one search."), most=MOST_TERMS)
        wild = sum(not isinstance(part, str) for token in self._tokens if token.term for part in token.term.parts)
        if wild > MOST_WILD:
            raise Refused("search.too_much", N_("At most {most} terms in one search."), most=MOST_WILD)

    def whole(self) -> Query:
        if not self._tokens:
            return EVERYTHING
        found = self._either(0)
        if self._next() is not None:
            raise Refused("search.bracket", N_("A bracket is closed that was not opened."))
        return found

    def _next(self) -> str | None:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else None

    def _either(self, depth: int) -> Query:
        parts = [self._all(depth)]
        while self._next() == "OR":
            self._at += 1
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self, depth: int) -> Query:
        parts = [self._one(depth)]
        while self._next() in ("term", "(", "-", "AND"):
            if self._next() == "AND":
                self._at += 1
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Query:
        kind = self._next()
        if kind == "-":
            self._at += 1
            return Not(self._one(depth))
        if kind == "(":
            if depth >= DEEPEST:
                raise Refused("search.too_much", N_("At most {most} terms in one search."), most=DEEPEST)
            self._at += 1
            found = self._either(depth + 1)
            if self._next() != ")":
                raise Refused("search.bracket", N_("A bracket is not closed."))
            self._at += 1
            return found
        if kind != "term":
            raise Refused(
                "search.nothing_after", N_("Something to look for is missing, before or after “OR”, “-” or a bracket.")
            )
        term = self._tokens[self._at].term
        self._at += 1
        return term if term is not None else EVERYTHING


def _tokens(text: str) -> Iterator[_Token]:
    at, minus = 0, False
    while at < len(text):
        letter = text[at]
        if letter.isspace():
            at += 1
            continue
        if letter in "()":
            yield _Token(letter, at)
            at += 1
        elif letter == "-" and not minus and at + 1 < len(text) and not text[at + 1].isspace():
            yield _Token("-", at)
            at += 1
            minus = True
            continue
        else:
            start = at
            named = _FIELD.match(text, at)
            field = ""
            if named and not text.startswith("//", named.end() + 1):
                field, at = named[0].lower(), named.end() + 1
            quoted = at < len(text) and text[at] == '"'
            parts, at = _value(text, at + quoted, quoted)
            said = text[start:at]
            if said in ("OR", "AND"):
                yield _Token(said, start)
            elif not field and not parts:
                raise Refused("search.quote", N_("Between the quotation marks there is nothing."))
            elif not parts and not quoted:
                raise Refused(
                    "search.no_value",
                    N_('“{field}:” wants a value right behind the colon; {field}:"" finds what is empty.'),
                    field=field,
                )
            else:
                yield _Token("term", start, Term(field, parts))
        minus = False


def _value(text: str, at: int, quoted: bool) -> tuple[tuple[Part, ...], int]:
    """The parts of a value, and where it ends. Without quotation marks it ends at a blank or a bracket."""
    parts: list[Part] = []
    plain: list[str] = []

    def wild(one: Part) -> None:
        if plain:
            parts.append("".join(plain))
            plain.clear()
        if not (isinstance(one, Any_) and parts and isinstance(parts[-1], Any_)):
            parts.append(one)

    while at < len(text):
        letter = text[at]
        if letter == "\\":
            run = len(text[at:]) - len(text[at:].lstrip("\\"))
            at += run
            if at < len(text) and text[at] in _SPECIAL:
                plain.append("\\" * (run // 2))
                if run % 2:
                    plain.append(text[at])
                    at += 1
            else:
                plain.append("\\" * run)
            continue
        if quoted and letter == '"':
            break
        if not quoted and (letter.isspace() or letter in '()"'):
            break
        if letter == "*":
            wild(Any_())
        elif letter == "?":
            wild(One())
        else:
            plain.append(letter)
        at += 1
    if quoted:
        if at >= len(text):
            raise Refused("search.quote", N_("A quotation mark is not closed."))
        at += 1
    if "".join(plain):
        parts.append("".join(plain))
    return tuple(part for part in parts if part != ""), at
