"""CEF and LEEF: a head between bars, then pairs.

Source: ArcSight Common Event Format, revision 26; IBM QRadar LEEF 1.0 and 2.0.
"""

import re
from typing import Final

from vigil.adapters.log_sources.formats.stamps import Stamps
from vigil.adapters.log_sources.formats.terms import Forgetful, Record, timed
from vigil.adapters.log_sources.turns import iso_of_epoch

_PART: Final = r"[^|\\]*(?:\\.[^|\\]*)*"
_CEF: Final = re.compile(
    rf"CEF: ?(\d+(?:\.\d+)?)\|({_PART})\|({_PART})\|({_PART})\|({_PART})\|({_PART})\|({_PART})\|(.*)", re.DOTALL
)
_LEEF: Final = re.compile(r"LEEF: ?([12](?:\.\d)?)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|(.*)", re.DOTALL)
_KEY: Final = re.compile(r"(?:^|(?<=\s))([A-Za-z0-9_.\-\[\]]{1,100})=")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "r": "\r"}
_LABEL: Final = "Label"
_HEAD: Final = ("device_vendor", "device_product", "device_version", "event_class", "name", "severity")
_DELIMITER: Final = re.compile(r"(?:0?x([0-9A-Fa-f]{2,4})|(.))\|(.*)", re.DOTALL)
_MOST: Final = 1000


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda one: _LETTERS.get(one[1], one[1]), text) if "\\" in text else text


class CEF(Forgetful):
    """Pairs with a label (`cs1Label=Rule cs1=17`) are known by the label too."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps

    def read(self, line: str) -> Record | None:
        """See `Reader`."""
        found = _CEF.fullmatch(line)
        if found is None:
            raise ValueError("no CEF")
        _, *head, rest = found.groups()
        _, *parts = _KEY.split(rest, maxsplit=_MOST)
        pairs = {name: _plain(value.strip()) for name, value in zip(parts[::2], parts[1::2], strict=True)}
        for name in [name for name in pairs if name.endswith(_LABEL)]:
            label = pairs.pop(name)
            if (value := pairs.get(name[: -len(_LABEL)])) is not None and label:
                pairs.setdefault(label, value)
        return _record("cef", [_plain(part) for part in head], pairs, self._stamps)


class LEEF(Forgetful):
    """Version 2 may name what parts its pairs; version 1 parts them with tabs."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps

    def read(self, line: str) -> Record | None:
        """See `Reader`."""
        found = _LEEF.fullmatch(line)
        if found is None:
            raise ValueError("no LEEF")
        version, vendor, product, release, event, rest = found.groups()
        by = "\t"
        if version[0] == "2" and (said := _DELIMITER.fullmatch(rest)):
            by, rest = chr(int(said[1], 16)) if said[1] else said[2], said[3]
        elif version[0] == "2" and rest[:1] == "|":
            rest = rest[1:]
        pairs = {}
        for pair in rest.split(by, _MOST):
            name, is_one, value = pair.partition("=")
            if is_one and name.strip():
                pairs[name.strip()] = value.strip()
        head = [vendor, product, release, event, pairs.pop("name", ""), pairs.pop("sev", "")]
        return _record("leef", head, pairs, self._stamps)


def _record(kind: str, head: list[str], pairs: dict[str, str], stamps: Stamps) -> Record:
    taken, names = {*_HEAD, "timestamp"}, []
    for name in pairs:
        lower = name.lower()
        names.append("" if lower in taken else name)
        taken.add(lower)
    if "request" in taken or "url" in taken:
        kind = f"{kind}.web"
    elif not taken.isdisjoint(("dpt", "dstport")) and not taken.isdisjoint(("src", "dst")):
        kind = f"{kind}.traffic"
    time = pairs.get("rt") or pairs.get("end") or pairs.get("start") or pairs.get("devTime")
    return timed(kind, (kind, *names), (*_HEAD, *names), (*head, *pairs.values()), _time(time, stamps))


def _time(text: str | None, stamps: Stamps) -> str | None:
    if not text:
        return None
    if text.isdigit() and len(text) in (10, 13):
        return iso_of_epoch(text if len(text) == 10 else f"{text[:-3]}.{text[-3:]}")
    return stamps.of_syslog(text.removesuffix(" UTC").removesuffix(" GMT"))
