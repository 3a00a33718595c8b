"""The signatures of a PDF: is each intact, what does it cover, who signed, is that one trusted?

Nothing is fetched: no issuer's certificate, no OCSP, no revocation list. Source: ISO 32000-1 section 12.8,
ETSI EN 319 142-1 (PAdES).
"""

import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import CMSExtractionError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from vigil.adapters.documents.model import Signature
from vigil.adapters.documents.pdf.anchors import Certificate, anchors_in
from vigil.adapters.documents.pdf.verdicts import State, Trust, said

_FAULTS = (
    PdfError, SignatureValidationError, CMSExtractionError, ValueError, TypeError, KeyError, IndexError,
    AttributeError, NotImplementedError, RecursionError, OSError,
)  # fmt: skip
"""What pyhanko and asn1crypto raise at signatures that are not well formed."""
_COVERAGE: dict[SignatureCoverageLevel, Literal["whole file", "earlier revision", "part", "unknown"]] = {
    SignatureCoverageLevel.ENTIRE_FILE: "whole file",
    SignatureCoverageLevel.ENTIRE_REVISION: "earlier revision",
    SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START: "part",
    SignatureCoverageLevel.UNCLEAR: "part",
}
_MOST = 50


def signatures_of(data: bytes, anchors: Path | None) -> tuple[Signature, ...]:
    """Every signature of a PDF, checked against the certificates of a folder."""
    logging.disable(logging.CRITICAL)
    trusted = anchors_in(anchors)
    try:
        embedded = PdfFileReader(io.BytesIO(data), strict=False).embedded_regular_signatures[:_MOST]
    except _FAULTS:
        return (_unreadable("?"),)
    return tuple(_checked(one, trusted) for one in embedded)


def _checked(embedded: EmbeddedPdfSignature, trusted: Sequence[Certificate]) -> Signature:
    try:
        field = str(embedded.field_name)
    except _FAULTS:
        field = "?"
    context = ValidationContext(trust_roots=list(trusted), allow_fetching=False, revocation_mode="soft-fail")
    try:
        return _signature(field, validate_pdf_signature(embedded, context), has_anchors=bool(trusted))
    except _FAULTS:
        return _unreadable(field, _signer_of(embedded))


def _signature(field: str, status: PdfSignatureStatus, *, has_anchors: bool) -> Signature:
    state = _state(status)
    trust: Trust = "not checked"
    if state != "broken":
        trust = "trusted" if status.trusted else "not trusted" if has_anchors else "no anchors"
    timestamp = status.timestamp_validity
    moment = timestamp.timestamp if timestamp is not None else status.signer_reported_dt
    signer = _name(status.signing_cert)
    signed_at = None if moment is None else moment.isoformat()
    return Signature(
        field=field,
        state=state,
        coverage=_COVERAGE.get(status.coverage or SignatureCoverageLevel.UNCLEAR, "unknown"),
        signer=signer,
        signed_at=signed_at,
        timestamped=timestamp is not None,
        trust=trust,
        phrase=said(state, trust, signer),
    )


def _state(status: PdfSignatureStatus) -> State:
    if not status.intact or not status.valid:
        return "broken"
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return "intact"
    level = status.modification_level
    is_kept = level is not None and level.value <= ModificationLevel.FORM_FILLING.value
    whole_revision = status.coverage == SignatureCoverageLevel.ENTIRE_REVISION
    return "intact" if whole_revision and is_kept and status.docmdp_ok else "changed after signing"


def _signer_of(embedded: EmbeddedPdfSignature) -> str | None:
    try:
        return _name(embedded.signer_cert)
    except _FAULTS:
        return None


def _name(certificate: Certificate) -> str | None:
    """The common name, else the whole subject."""
    try:
        native = certificate.subject.native
        name = native.get("common_name") or certificate.subject.human_friendly
    except _FAULTS:
        return None
    return str(name[0] if isinstance(name, list) else name)[:200]


def _unreadable(field: str, signer: str | None = None) -> Signature:
    return Signature(
        field, "unreadable", "unknown", signer, None, False, "not checked", said("unreadable", "not checked", signer)
    )
