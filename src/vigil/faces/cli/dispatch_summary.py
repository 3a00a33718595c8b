"""A reading for people: fields with how each was found, obligations, contacts, the file and its signatures."""

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vigil.adapters.documents import Document
from vigil.domain.organisations.audiences import audiences
from vigil.kernel.phrases import N_, Phrase, phrase

Translate = Callable[[str], str]
Json = Mapping[str, Any]

_WIDTH = 100
_LABEL = 20
_HOW = {
    "read": N_("read"),
    "normalised": N_("read, respelled"),
    "inferred": N_("inferred"),
    "blank": N_("left blank"),
    "absent": N_("not in the text"),
}
_FIELDS = (
    ("issuer", N_("Issuer")),
    ("number", N_("Number")),
    ("place", N_("Place")),
    ("date", N_("Date")),
    ("subject", N_("Subject")),
)
_KINDS = {
    "duty": N_("Duty 24/7"),
    "provider_commitment": N_("Provider commitment"),
    "vulnerability_review": N_("Vulnerability review"),
    "information_sharing": N_("Information sharing"),
    "detection_filtering": N_("Detection and filtering"),
    "order_handling": N_("Handling of orders"),
    "contact_point": N_("Contact point"),
    "important_systems": N_("Important systems named"),
    "other": N_("Other"),
}
_METHODS = {
    "text": N_("text"),
    "text layer": N_("text layer"),
    "ocr": N_("recognised from a picture"),
    "mixed": N_("partly recognised from pictures"),
}


def summary(reading: Json, document: Document, translate: Translate, language: str) -> list[str]:
    """The lines of the summary in `language` (`vi`, `en`). `reading` is `Reading.to_json()`."""
    return list(_Summary(reading, translate, language).lines(document))


class _Summary:
    def __init__(self, reading: Json, translate: Translate, language: str) -> None:
        self._reading = reading
        self._trace = reading["readings"]
        self._say = translate
        self._language = language

    def lines(self, document: Document) -> Iterator[str]:
        """Everything, part after part."""
        name = self._trace["kind"].get("document_type") or self._reading["kind"]
        yield str(name).upper()
        yield ""
        for key, label in _FIELDS:
            yield from self._field(label, self._reading[key], self._trace[key])
        yield from self._listed(N_("Addressees"), self._reading["addressees"])
        yield from self._window()
        yield from self._signatory()
        yield from self._obligations()
        yield from self._findings()
        yield from self._contacts()
        yield from self._file(document)

    def _row(self, label: str, text: str) -> Iterator[str]:
        yield from textwrap.wrap(
            text,
            _WIDTH,
            initial_indent=f"{self._say(label) if label else '':<{_LABEL - 1}} ",
            subsequent_indent=" " * _LABEL,
            break_long_words=False,
        )

    def _field(self, label: str, value: str | None, trace: Json) -> Iterator[str]:
        said_how = str(trace["how"])
        how = self._say(_HOW.get(said_how, said_how))
        note = f"; {trace['note']}" if trace.get("note") else ""
        yield from self._row(label, f"{value if value is not None else '—'}  [{how}{note}]")

    def _listed(self, label: str, values: list[str]) -> Iterator[str]:
        for place, value in enumerate(values):
            yield from self._row(label if place == 0 else "", f"- {value}")

    def _window(self) -> Iterator[str]:
        window = self._reading["window"]
        if window is None:
            yield from self._row(N_("Time"), f"—  [{self._say(_HOW['absent'])}]")
            return
        trace = self._trace["window"]
        days = " – ".join(window[key] for key in ("start", "end") if window[key])
        how = self._say(_HOW.get(trace["start"]["how"], ""))
        as_read = ", ".join(part["text"] for part in trace["read"])
        yield from self._row(N_("Time"), window["event"] or "—")
        read_how = self._say(_HOW["read"])
        yield from self._row("", f"{days or '—'}  [{how}]" + (f"; {as_read}  [{read_how}]" if as_read else ""))

    def _signatory(self) -> Iterator[str]:
        signatory = self._reading["signatory"]
        if signatory is not None:
            parts = [signatory[key] for key in ("authority", "title", "name") if signatory[key]]
            yield from self._row(N_("Signatory"), " · ".join(parts) or "—")

    def _obligations(self) -> Iterator[str]:
        obligations = self._reading["obligations"]
        yield ""
        if not obligations:
            yield self._say(N_("The text asks for nothing: no obligations."))
            return
        yield self._said(phrase(N_("Obligations: {count}"), count=len(obligations)))
        for one, trace in zip(obligations, self._trace["obligations"], strict=True):
            yield ""
            kind = self._say(_KINDS.get(trace["kind"], trace["kind"]))
            yield f"  {one['id']:<6}{kind} · {self._audience(one, trace)}"
            yield from textwrap.wrap(one["text"], _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)

    def _audience(self, one: Json, trace: Json) -> str:
        name = self._say(N_("everyone addressed"))
        if one["audience"] != "all":
            name = " + ".join(map(self._class, one["audience"].split("+")))
        missing = trace["audience"].get("not_addressed") or []
        if not missing:
            return name
        return self._said(
            phrase(
                N_("{audience} ({missing}: not among the addressees)"),
                audience=name,
                missing=", ".join(map(self._class, missing)),
            )
        )

    def _class(self, code: str) -> str:
        known = audiences().get(code)
        return code if known is None else known.name(self._language)

    def _findings(self) -> Iterator[str]:
        weaknesses = [*self._reading["cves"]]
        for one in self._reading["vuln_references"]:
            meant = ", ".join(one.get("cves") or []) or one["resolve_to"]
            weaknesses.append(f"{one['text']} → {meant}" if meant else one["text"])
        due = [f"{one['date']}: {one['what']}" for one in self._reading["deadlines"]]
        if weaknesses or due:
            yield ""
        yield from self._listed(N_("Weaknesses"), weaknesses)
        yield from self._listed(N_("Deadlines"), due)

    def _contacts(self) -> Iterator[str]:
        if self._trace["contacts"]:
            yield ""
            yield self._say(N_("Contacts"))
        for card, plain in zip(self._trace["contacts"], self._reading["contacts"], strict=True):
            yield f"  {plain['org'] or '—'}"
            for number in [*card["phone"], *card["hotline"]]:
                purpose = f"  ({number['purpose']})" if number["purpose"] else ""
                yield f"    {number['e164'] or number['value']}{purpose}"
            for address in plain["email"]:
                yield f"    {address}"

    def _file(self, document: Document) -> Iterator[str]:
        yield ""
        pages = phrase(N_("{count} pages"), count=len(document.pages))
        parts = [document.media_type, *([self._said(pages)] if document.pages else [])]
        parts += [self._say(_METHODS[document.method]), document.encoding]
        yield from self._row(N_("File"), " · ".join(parts))
        for signature in document.signatures:
            when = f" ({signature.signed_at})" if signature.signed_at else ""
            yield from self._row(N_("Signature"), self._said(signature.phrase) + when)
        for one in document.warnings:
            yield from self._row(N_("Note"), self._said(one))

    def _said(self, one: Phrase) -> str:
        return one.said(self._say)
