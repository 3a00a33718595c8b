"""Rows as the API says them: every list of rows in a bounded number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext

from vigil.domain.directives.models import Assignment, Directive, Dispatch, Drill, DrillProbe, Obligation, Recipient
from vigil.domain.exchange.models import Link, Peer
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.models import ContactPoint
from vigil.domain.readiness.models import ProofSnapshot
from vigil.domain.readiness.queries import row_of
from vigil.kernel import clock
from vigil.kernel.proofs import Basis, Verdict

_ORDER = {Basis.MEASURED: 0, Basis.REPORTED: 1, Basis.ATTESTED: 2}


def plainly(*names: str) -> Any:
    """A function that shows rows by their attributes; `organisation` is the key of the row it points to."""

    def show(rows: Sequence[Any]) -> list[dict[str, Any]]:
        return [{name: _value(row, name) for name in names} for row in rows]

    return show


def _value(row: Any, name: str) -> Any:
    return getattr(row, f"{name}_id") if hasattr(row, f"{name}_id") else getattr(row, name)


def contact_points(rows: Sequence[ContactPoint]) -> list[dict[str, Any]]:
    """With their channels (prefetched)."""
    names = ("id", "organisation", "person", "label", "purpose", "hours", "filed_at", "verified_at", "retired_at")
    return [
        {**shown, "channels": [{"kind": c.kind, "value": c.value} for c in row.channels.all()]}
        for row, shown in zip(rows, plainly(*names)(rows), strict=True)
    ]


def dispatches(rows: Sequence[Dispatch]) -> list[dict[str, Any]]:
    """What arrived, without its text."""
    names = ("id", "organisation", "sha256", "size_bytes", "filename", "media_type", "received_at")
    keys = dict(Directive.objects.filter(dispatch__in=rows).values_list("dispatch_id", "pk"))
    return [{**shown, "directive": keys.get(row.pk)} for row, shown in zip(rows, plainly(*names)(rows), strict=True)]


_OBLIGATION = plainly("id", "position", "code", "kind", "audience", "text", "deadline_at", "derived")
_DIRECTIVE = plainly(
    "id", "organisation", "dispatch", "state", "version", "kind", "issuer", "number", "place", "issued_on", "subject",
    "window_event", "window_start", "window_end", "addressees", "cves", "created_at", "confirmed_at",
)  # fmt: skip


def directives(rows: Sequence[Directive]) -> list[dict[str, Any]]:
    """With their obligations."""
    by_directive: dict[UUID, list[Obligation]] = defaultdict(list)
    for obligation in Obligation.objects.filter(directive__in=rows).order_by("position"):
        by_directive[obligation.directive_id].append(obligation)
    return [
        {**shown, "numbered": row.is_numbered, "obligations": _OBLIGATION(by_directive[row.pk])}
        for row, shown in zip(rows, _DIRECTIVE(rows), strict=True)
    ]


def assignments(rows: Sequence[Assignment]) -> list[dict[str, Any]]:
    """Rows of a board, each with its proofs as they read now; a closed watch as it read when it was closed."""
    now = clock.now()
    current: dict[UUID, list[ProofSnapshot]] = defaultdict(list)
    for proof in ProofSnapshot.objects.filter(assignment__in=rows, current=True):
        current[proof.assignment_id].append(proof)
    names = ("id", "watch", "applies", "applies_reason", "person", "own_deadline_at", "dropped_at")
    shown = []
    for row, plain in zip(rows, plainly(*names)(rows), strict=True):
        proofs = [_proof(row, proof, row.watch.closed_at or now) for proof in current[row.pk]]
        proofs.sort(key=lambda said: (said["verdict"] == Verdict.CANNOT_TELL, _ORDER[said["basis"]]))
        first = proofs[0] if proofs else None
        shown.append({**plain, "obligation": _OBLIGATION([row.obligation])[0], "proof": first, "proofs": proofs})
    return shown


def _proof(assignment: Assignment, proof: ProofSnapshot, now: datetime) -> dict[str, Any]:
    row = row_of(assignment, [proof], now)
    return {
        "verdict": row.verdict,
        "basis": row.basis,
        "sentence": row.sentence.said(gettext),
        "measured_at": row.measured_at,
        "valid_until": proof.valid_until,
        "expired": row.expired,
    }


def recipients(rows: Sequence[Recipient]) -> list[dict[str, Any]]:
    """With what of the campaign a recipient may know."""
    names = ("id", "campaign", "organisation", "role", "home", "directive", "watch", "state", "state_at", "sent_at")
    return [
        {
            **shown,
            "reason": row.reason,
            "campaign_title": row.campaign.title,
            "sender": row.campaign.sender_name,
            "answer_by_at": row.campaign.answer_by_at,
        }
        for row, shown in zip(rows, plainly(*names)(rows), strict=True)
    ]


def drills(rows: Sequence[Drill]) -> list[dict[str, Any]]:
    """With how many probes had which outcome."""
    outcomes: dict[UUID, dict[str, int]] = defaultdict(dict)
    counted = DrillProbe.objects.filter(drill__in=rows).values("drill", "outcome").annotate(n=Count("pk")).order_by()
    for line in counted:
        outcomes[line["drill"]][line["outcome"]] = line["n"]
    names = ("id", "campaign", "text", "started_at", "answer_by_at", "ended_at")
    return [{**shown, "outcomes": outcomes[shown["id"]]} for shown in plainly(*names)(rows)]


def links(rows: Sequence[Peer]) -> list[dict[str, Any]]:
    """Peers with how their link does."""
    names = ("id", "organisation", "name", "kind", "side", "state", "created_at", "linked_at", "revoked_at")
    states = {link.peer_id: link for link in Link.objects.filter(peer__in=rows)}
    return [
        {
            **shown,
            **{name: getattr(states.get(shown["id"]), name, None) for name in ("beat_at", "outage_since")},
            "round_trip_ms": getattr(states.get(shown["id"]), "round_trip_ms", None),
        }
        for shown in plainly(*names)(rows)
    ]


def entries(rows: Sequence[Entry]) -> list[dict[str, Any]]:
    """Sealed entries."""
    names = ("id", "sequence", "at", "actor", "action", "subject", "why", "facts", "hash")
    return [{**{name: getattr(row, name) for name in names}, "organisation": row.organisation_id} for row in rows]
