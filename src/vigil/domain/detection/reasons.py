"""Why something was not taken or cannot run, in the reader's language.

Engines and adapters give reasons in English, and rows keep them so, often with a piece of what was refused behind
them. Those that are Vigil's own words are known here by their pattern and become phrases; what a library says stays
as it is, behind a sentence that says what it is about. tests/architecture holds that none of our own is missing.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from vigil.kernel.phrases import N_, Phrase, phrase

FILTER: Final = N_("a filter; filters of a rule set are not applied here")
OLD: Final = N_("several rules in one by `action`, which newer Sigma has given up")
NO_RULE: Final = N_("no rule in it")
TWICE: Final = N_("another rule of the set has the same id")
KNOWN: Final = (
    # rules
    FILTER, OLD, TWICE, NO_RULE,
    N_("larger than a megabyte"),
    N_("it makes more than {n} values"),
    N_("there is no rule {name}"),
    N_("a correlation of kind {name}"),
    N_("a correlation of values names no field"),
    N_("a correlation's condition of {name}"),
    N_("a condition of {name}"),
    N_("no list is given for the placeholder {name}"),
    N_("a value of {name}"),
    N_("a part of {name}"),
    N_("the rule {name} that it asks for does not run"),
    N_("the list {name} cannot be read"),
    # indicators
    N_("a public suffix: everybody below it would match"),
    N_("wider than /{n}"),
    N_("unspecified, loopback or multicast"),
    N_("more than {n}"),
    N_("a time that is none"),
    N_("longer than 2,048 characters"),
    N_("no name of a host"),
    N_("no address of the web"),
    N_("{name} does not appear to be an IPv4 or IPv6 network"),
    # records
    N_("no JSON"),
    N_("no JSON object"),
    N_("no JSON: {name}"),
    N_("nothing but NUL"),
    N_("no syslog"),
    N_("no record of auditd"),
    N_("no line of an access log"),
    N_("no line of pairs of Fortinet"),
    N_("no format fits"),
    N_("no format {name}"),
    N_("no query or reply of Unbound"),
    N_("no event of Sysmon"),
    N_("no query of BIND"),
    N_("no query or answer of dnsdist"),
    N_("no CEF"),
    N_("no LEEF"),
    N_("no #Fields before the line"),
    N_("no #fields before the line"),
    N_("{n} fields where #Fields names {m}"),
    N_("{n} fields where #fields names {m}"),
    N_("more than {n} fields"),
    N_("a header with too many fields, or the same twice"),
    N_("an object in which no field has a name and a value"),
    N_("an array, or a number that is written in several ways"),
    N_("too deep"),
    N_("a key twice"),
    N_("too many events at once of which each has other fields"),
    N_("no System in the event"),
    N_("no text in UTF-8"),
    N_("an archive; unpack it first"),
    N_("its compression is cut off"),
    N_("its compression is damaged"),
    N_("more behind its compressed part"),
    N_("chunk {n} of {m} is damaged"),
    N_("chunk {n} of {m} is missing"),
    N_("one JSON array larger than 256 MB; write one event a line"),
    N_("an event log of Windows larger than a gigabyte; unpack it first"),
    N_("a line that is too long"),
    # what is sent over the network
    N_("no token"),
    N_("no token that is known"),
    N_("nobody's"),
    N_("not taken"),
    N_("dropped by the kernel: more came than was read"),
    N_("{n} connections are open"),
    N_("{n} connections of one address are open"),
    N_("{n} requests are being read"),
    N_("Content-Encoding {name} is not known here; gzip is"),
    N_("more than {n} bytes"),
    N_("more than {n} bytes when unpacked"),
    N_("more than {n} lines"),
    N_("more than {n} events"),
    N_("not complete within {n} seconds"),
    N_("the compressed body is damaged"),
    N_("the compressed body is cut off"),
    N_("cut off before its end"),
    N_("Malformed action/metadata line, expected create or index"),
    N_("events are kept as they came"),
    N_("the document after the action is missing"),
    N_("a document longer than {n} bytes"),
    N_("an event longer than {n} bytes"),
    N_("the document is not a JSON object"),
    N_("the document is not JSON"),
    N_("cut off by the end of the connection"),
    N_("longer than {n} bytes"),
    N_("{n} bytes announced, {m} allowed"),
    N_("Invalid data format"),
    N_("Event field is required"),
    N_("Event field cannot be blank"),
    # listeners, the disk, files that are followed
    N_("{name} cannot listen on {host} port {n}"),
    N_("address already in use"),
    N_("TLS needs a certificate"),
    N_("the disk failed"),
    N_("the writer failed"),
    N_("the disk cannot be asked for its room"),
    N_("no file matches"),
    N_("unreadable {name}"),
    N_("not allowed"),
    N_("rotated {name}"),
    N_("truncated after {n} bytes"),
    N_("vanished after {n} bytes"),
    N_("too long a line of more than {n} bytes"),
)  # fmt: skip
NO_ROOM: Final = N_("nothing is taken in: the disk has too little room, or cannot be written")
NO_LISTENER: Final = N_("one of the ports for events cannot be used; the page of sources says which, and why")
_PLACE: Final = re.compile(r"\\\{(\w+)\\\}")
_NUMBERS: Final = ("n", "m")
_ROOM: Final = re.compile(r"([\d,]+) bytes free, ([\d,]+) wanted")
_CLASS: Final = re.compile(r"[A-Z]\w*(?:Error|Exception|Run|Warning)")
_MOST_PARTS: Final = 4
_LONGEST: Final = 2000  # the patterns take time by the square of a text; our own reasons are short
_OF_RULES: Final = {
    "SigmaConditionError": N_("The condition cannot be read: {why}"),
    "SigmaDetectionError": N_("The detection cannot be read: {why}"),
    "SigmaLogsourceError": N_("The log source cannot be read: {why}"),
    "SigmaLevelError": N_("The level cannot be read: {why}"),
    "SigmaIdentifierError": N_("The id cannot be read: {why}"),
    "SigmaModifierError": N_("A modifier cannot be used: {why}"),
    "SigmaTypeError": N_("A value does not fit its modifier: {why}"),
    "SigmaValueError": N_("A value cannot be used: {why}"),
    "SigmaRegularExpressionError": N_("A regular expression cannot be read: {why}"),
    "SigmaRuleNotFoundError": N_("A rule that it asks for is not there: {why}"),
    "SigmaCorrelationRuleError": N_("The correlation cannot be read: {why}"),
    "SigmaCorrelationConditionError": N_("The correlation's condition cannot be read: {why}"),
    "SigmaCorrelationTypeError": N_("The correlation's kind cannot be read: {why}"),
    "SigmaTimespanError": N_("The length of time cannot be read: {why}"),
    "ScannerError": N_("This is no YAML: {why}"),
    "ParserError": N_("This is no YAML: {why}"),
    "ReaderError": N_("This is no YAML: {why}"),
    "UnicodeDecodeError": N_("This is no text in UTF-8: {why}"),
}


def reason_of(text: str) -> Phrase | str:
    """A reason as a phrase, what stands around it left as it is; the text itself where nothing in it is our own."""
    if len(text) > _LONGEST:
        return text
    if (whole := _known(text)) is not None:
        return whole
    parts = text.split(": ", _MOST_PARTS)
    for place, part in enumerate(parts):
        if (found := _known(part)) is None:
            continue
        before = [one for one in parts[:place] if not _CLASS.fullmatch(one)]
        after: list[Any] = list(parts[place + 1 :])
        if after and (last := _known(after[-1])) is not None:
            after[-1] = last
        return _joined([*before, found, *after], ": ")
    return text


def reasons_of(text: str) -> Phrase | str:
    """Several, with semicolons between them; also words of Vigil's own that stand by themselves."""
    if len(text) > _LONGEST:
        return text
    if (whole := _known(text)) is not None or not text:
        return whole or ""
    found = [reason_of(one) for one in text.split("; ") if one]  # an empty wording is the head of the catalogue
    if not found:
        return text
    return _joined([Phrase(one) if isinstance(one, str) else one for one in found], "; ")


def reason_of_record(text: str) -> Phrase | str:
    """Why a record was not taken: a sentence where a library said it."""
    found = reason_of(text)
    return phrase(N_("The record cannot be read: {why}"), why=found) if isinstance(found, str) and found else found


def reason_of_rule(text: str) -> Phrase | str:
    """Why a rule cannot run: a sentence where a library said it."""
    found = reason_of(text)
    kind, between, why = text.partition(": ")
    if not isinstance(found, str) or not between or not _CLASS.fullmatch(kind):
        return found
    return Phrase(_OF_RULES.get(kind, N_("It cannot be read as a rule: {why}")), {"why": why})


def _known(text: str) -> Phrase | None:
    if room := _ROOM.fullmatch(text):
        free, wanted = (int(one.replace(",", "")) // 1_000_000 for one in room.groups())
        return phrase(N_("the disk has {free} MB free, and {wanted} are wanted"), free=free, wanted=wanted)
    if text in _plain():
        return Phrase(text)
    for pattern, wording in _filled():
        if found := pattern.fullmatch(text):
            return Phrase(wording, found.groupdict())
    return None


def _joined(parts: list[Any], between: str) -> Phrase:
    names = [f"p{n}" for n in range(len(parts))]
    return Phrase(between.join(f"{{{name}}}" for name in names), dict(zip(names, parts, strict=True)))


@cache
def _plain() -> frozenset[str]:
    return frozenset(one for one in KNOWN if "{" not in one)


@cache
def _filled() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((pattern_of(one), one) for one in KNOWN if "{" in one)


def pattern_of(wording: str) -> re.Pattern[str]:
    """What a filled wording looks like."""

    def place(found: re.Match[str]) -> str:
        return f"(?P<{found[1]}>{r'[0-9.,]+' if found[1] in _NUMBERS else r'[^ ].*'})"

    return re.compile(_PLACE.sub(place, re.escape(wording)), re.DOTALL)


def facts_of(wording: str, text: str) -> Mapping[str, str] | None:
    """What fills the places of a wording in a text; None where it is not that wording."""
    found = pattern_of(wording).fullmatch(text)
    return found.groupdict() if found else None
