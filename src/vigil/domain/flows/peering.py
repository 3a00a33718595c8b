"""What leaves for the Vigil at the other end: directives to those below, answers and proofs to the one above.

Each is written in the transaction of its fact, or found by comparison with what was last told (contact points,
roll-ups, renewed proofs), so that nothing depends on a worker having been alive at the right moment.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q

from vigil.domain.directives.actions.carrying import not_sent
from vigil.domain.directives.models import (
    Campaign,
    CampaignState,
    DirectiveLink,
    Drill,
    Receipt,
    Recipient,
    RecipientState,
)
from vigil.domain.exchange import stix
from vigil.domain.exchange.actions.sending import send
from vigil.domain.exchange.models import Outgoing, Peer, PeerSide, PeerState
from vigil.domain.exchange.queries.links import own_sender
from vigil.domain.organisations.models import ContactPoint
from vigil.domain.readiness.campaigns import rows_of, standing_of
from vigil.domain.readiness.models import ProofSnapshot
from vigil.domain.readiness.queries import Row
from vigil.kernel.actors import Actor
from vigil.kernel.clock import VIETNAM
from vigil.kernel.errors import VigilError
from vigil.kernel.phrases import N_
from vigil.kernel.proofs import Basis, Verdict
from vigil.kernel.tlp import Tlp

log = logging.getLogger(__name__)

NO_LINK = N_("its Vigil is not linked yet")
WITHHELD = N_("the exit gate withheld it")
UNTOLD = N_("the exchange does not take it; the log says why")
TLP: Final = Tlp.AMBER
_PASSING = {"id", "created", "modified", "extensions"}


def send_directive(*, campaign: Campaign, recipient: Recipient, actor: Actor, now: datetime) -> None:
    """Put the directive, as it stands, into the collection that the recipient's Vigil reads."""
    peer = Peer.objects.filter(
        organisation_id=recipient.organisation_id, side=PeerSide.BELOW, state=PeerState.ACTIVE
    ).first()
    if peer is None:
        not_sent(recipient, NO_LINK)
        return
    try:
        with transaction.atomic():
            sent = send(
                peer=peer,
                obj=directive_object(campaign, recipient, now),
                subject=f"campaign:{campaign.id}",
                tlp=TLP,
                actor=actor,
                now=now,
                collection="directives",
                needs_to_know=recipient.organisation_id == peer.organisation_id,
            )
    except VigilError as error:  # one that cannot be told must not hold up everybody else's
        log.warning("a directive could not be told to peer %s: %s", peer.pk, error.code)
        not_sent(recipient, UNTOLD)
        return
    if sent.withheld:
        not_sent(recipient, WITHHELD)


def directive_ref(campaign_id: Any, directive_id: Any, organisation_id: Any) -> str:
    """The STIX identifier under which this Vigil tells an organisation of a directive."""
    return own_sender().object_id("x-vigil-directive", f"{campaign_id}|{directive_id}|{organisation_id}")


def directive_object(campaign: Campaign, recipient: Recipient, now: datetime) -> dict[str, Any]:
    """The directive as a STIX object for one recipient."""
    found = campaign.directive
    link = DirectiveLink.objects.filter(later=found).first()
    earlier = directive_ref(campaign.id, link.earlier_id, recipient.organisation_id) if link else ""
    withdrawn = campaign.state == CampaignState.WITHDRAWN
    return stix.directive(
        campaign_id=str(campaign.id),
        directive_id=str(found.id),
        addressee=str(recipient.organisation_id),
        kind=found.kind or "dispatch",
        subject=found.subject or campaign.title,
        role=recipient.role,
        obligations=[
            {
                "code": item.code,
                "kind": item.kind,
                "audience": item.audience,
                "text": item.text[:20_000],
                "deadline_at": item.deadline_at,
                "derived": item.derived,
            }
            for item in found.obligations.order_by("position")
        ],
        issuer=found.issuer,
        issuer_parent=found.issuer_parent,
        number=found.number,
        number_missing_serial=found.number_missing_serial,
        place=found.place,
        issued_on=found.issued_on,
        window_event=found.window_event,
        window_start=found.window_start or campaign.starts_at.astimezone(VIETNAM).date(),
        window_end=found.window_end or (campaign.ends_at - timedelta(microseconds=1)).astimezone(VIETNAM).date(),
        signatory_authority=found.signatory_authority,
        signatory_title=found.signatory_title,
        signatory_name=found.signatory_name,
        addressees=found.addressees,
        recipients=found.recipients,
        contacts=found.contacts,
        cves=found.cves,
        products=found.products,
        vuln_references=found.vuln_references,
        deadlines=found.deadlines,
        references=found.refs,
        full_text=found.dispatch.text[:400_000],
        original_sha256=found.dispatch.sha256,
        original_filename=found.dispatch.filename,
        original_media_type=found.dispatch.media_type,
        answer_by=campaign.answer_by_at,
        supersedes_ref=earlier,
        supersedes_how=link.kind if link else "",
        withdrawal_reason=campaign.closing_note[:1000] if withdrawn else "",
        closed_at=campaign.ended_at if campaign.state == CampaignState.CLOSED else None,
        sender=own_sender(campaign.sender_name),
        tlp=TLP,
        created=campaign.sent_at or now,
        modified=now,
        exercise=campaign.exercise,
        revoked=withdrawn,
    )


def send_receipt(*, kept: Receipt, actor: Actor, now: datetime) -> None:
    """Tell the authority's Vigil what was answered here; nothing to do when the directive is this Vigil's own."""
    campaign = kept.recipient.campaign
    peer = _above(campaign)
    if peer is None:
        return
    told = stix.acknowledgement(
        directive_ref=campaign.remote_ref,
        campaign_id=campaign.remote_id,
        state=kept.kind,
        stated_at=kept.at,
        directive_modified=campaign.remote_modified,
        reason=kept.reason,
        person=kept.by,
        basis=kept.basis,
        sender=own_sender(),
        tlp=TLP,
        created=campaign.created_at,
        modified=now,
        exercise=campaign.exercise,
    )
    send(peer=peer, obj=told, subject=_subject(campaign), tlp=TLP, actor=actor, now=now, fact_at=kept.received_at)


def _above(campaign: Campaign) -> Peer | None:
    if campaign.peer_id is None:
        return None
    return Peer.objects.filter(pk=campaign.peer_id, side=PeerSide.ABOVE).exclude(state=PeerState.REVOKED).first()


def _subject(campaign: Campaign) -> str:
    return f"campaign:{campaign.remote_id}"


def report_upwards(*, actor: Actor, now: datetime, at_most: int = 50) -> int:
    """Send what changed since it was last told: proofs, contact points, roll-ups. Returns how many objects."""
    above = list(Peer.objects.filter(side=PeerSide.ABOVE, state=PeerState.ACTIVE).select_related("organisation"))
    if not above:
        return 0
    told = _report_proofs(above, actor, now, at_most)
    for peer in above:
        told += _report_contacts(peer, actor, now)
        told += _report_rollups(peer, actor, now)
        told += _report_drills(peer, actor, now)
    return told


def _report_proofs(above: Iterable[Peer], actor: Actor, now: datetime, at_most: int) -> int:
    peers = {peer.pk: peer for peer in above}
    unsaid = ProofSnapshot.objects.filter(current=True).filter(
        Q(reported_until=None) | ~Q(reported_until=F("valid_until"))
    )
    owing = Recipient.objects.filter(
        campaign__peer_id__in=peers,
        campaign__state=CampaignState.SENT,
        watch__assignments__proofs__in=unsaid,
        watch__assignments__applies=True,
    )
    rows = Recipient.objects.filter(pk__in=owing.values("pk")).select_related("campaign", "watch", "organisation")
    recipients = list(rows[:at_most])
    told = 0
    for recipient in recipients:
        peer = peers[recipient.campaign.peer_id]  # type: ignore[index]
        shown = rows_of([recipient], now).get(recipient.pk, [])
        told += sum(_report_row(peer, recipient.campaign, row, actor, now) for row in shown)
    return told


@transaction.atomic
def _report_row(peer: Peer, campaign: Campaign, row: Row, actor: Actor, now: datetime) -> int:
    snapshots = ProofSnapshot.objects.filter(assignment=row.assignment, current=True)
    due = snapshots.filter(Q(reported_until=None) | ~Q(reported_until=F("valid_until")))
    if not due.exists() or row.measured_at is None:
        return 0
    code = row.assignment.obligation.code
    told = stix.proof(
        campaign_id=campaign.remote_id,
        directive_ref=campaign.remote_ref,
        obligation_code=code,
        obligation_kind=row.assignment.obligation.kind,
        verdict=row.verdict.value,
        basis=row.basis.value,
        sentence=row.sentence.to_json(),
        measured_at=row.measured_at,
        valid_until=max((s.valid_until for s in snapshots if s.basis == row.basis.value), default=now),
        facts=[{"statement": f["statement"].to_json(), "holds": f.get("holds")} for f in row.facts[:100]],
        next_step=row.next_step.to_json() if row.next_step else None,
        sender=own_sender(),
        tlp=TLP,
        created=campaign.created_at,
        modified=now,
        exercise=campaign.exercise,
    )
    try:
        with transaction.atomic():
            send(
                peer=peer,
                obj=told,
                subject=f"{_subject(campaign)}|{code}",
                tlp=TLP,
                actor=actor,
                now=now,
                fact_at=row.measured_at,
            )
    except VigilError as error:  # not asked for again until it says something else
        log.warning("the proof of %s cannot be told to peer %s: %s", code, peer.pk, error)
    snapshots.update(reported_until=F("valid_until"))
    return 1


def _report_contacts(peer: Peer, actor: Actor, now: datetime) -> int:
    points = ContactPoint.objects.filter(organisation=peer.organisation).select_related("person__unit")
    return sum(
        _send_if_new(
            peer,
            stix.contact_point(
                contact_id=str(point.id),
                label=point.label,
                purpose=point.purpose,
                hours=point.hours,
                filed_at=point.filed_at,
                channels=[{"kind": c.kind, "value": c.value} for c in point.channels.order_by("kind", "value")],
                person=point.person.name if point.person else "",
                person_title=point.person.title if point.person else "",
                unit=point.person.unit.name if point.person and point.person.unit else "",
                verified_at=point.verified_at,
                retired_at=point.retired_at,
                sender=own_sender(),
                tlp=TLP,
                created=point.filed_at,
                modified=now,
                revoked=point.retired_at is not None,
            ),
            f"contact:{point.id}",
            actor,
            now,
        )
        for point in points.prefetch_related("channels")
        if point.retired_at is None or _told_before(peer, point)
    )


def _told_before(peer: Peer, point: ContactPoint) -> bool:
    known = own_sender().object_id("x-vigil-contact-point", str(point.id))
    return Outgoing.objects.filter(peer=peer, stix_id=known).exists()


def _report_rollups(peer: Peer, actor: Actor, now: datetime) -> int:
    relaying = Campaign.objects.filter(relays__campaign__peer_id=peer.pk).exclude(state=CampaignState.DRAFT)
    told = 0
    for campaign in relaying.select_related("relays__campaign", "directive"):
        upper = campaign.relays.campaign if campaign.relays else campaign
        made = stix.rollup(**rollup_of(campaign, upper, now))
        told += _send_if_new(peer, made, f"{_subject(upper)}|rollup", actor, now)
    return told


def send_drill(*, drill: Drill, recipient: Recipient, actor: Actor, now: datetime) -> bool:
    """Ask the recipient's own Vigil to test its contact points; False: it is not linked."""
    peer = Peer.objects.filter(
        organisation_id=recipient.organisation_id, side=PeerSide.BELOW, state=PeerState.ACTIVE
    ).first()
    if peer is None:
        return False
    asked = stix.drill(
        drill_id=str(drill.id),
        kind="contact",
        started_at=drill.started_at,
        campaign_id=str(drill.campaign_id),
        answer_by=drill.answer_by_at,
        text=drill.text,
        sender=own_sender(drill.campaign.sender_name),
        tlp=TLP,
        created=drill.started_at,
        modified=now,
        exercise=drill.campaign.exercise,
    )
    sent = send(peer=peer, obj=asked, subject=f"drill:{drill.id}", tlp=TLP, actor=actor, now=now)
    return not sent.withheld


def _report_drills(peer: Peer, actor: Actor, now: datetime) -> int:
    told = 0
    drills = Drill.objects.filter(campaign__peer_id=peer.pk, probed=True).exclude(remote_ref="")
    for drill in drills.select_related("campaign")[:20]:
        probes = list(drill.probes.select_related("channel"))
        made = stix.drill_result(
            drill_ref=drill.remote_ref,
            drill_id=drill.remote_id,
            finished_at=max((p.answered_at for p in probes if p.answered_at), default=drill.started_at),
            results=[
                {
                    "channel": probe.kind,
                    "outcome": _OUTCOMES[probe.outcome],
                    "contact_label": probe.label,
                    "sent_at": probe.sent_at,
                    "answered_at": probe.answered_at,
                    "answered_by": probe.answered_by[:20],
                }
                for probe in probes
                if probe.outcome in _OUTCOMES
            ],
            basis=Basis.MEASURED.value,
            sender=own_sender(),
            tlp=TLP,
            created=drill.started_at,
            modified=now,
            exercise=drill.campaign.exercise,
        )
        told += _send_if_new(peer, made, f"{_subject(drill.campaign)}|drill", actor, now)
    return told


_OUTCOMES = {"answered": "answered", "silent": "silent", "failed": "failed"}


def rollup_of(campaign: Campaign, upper: Campaign, now: datetime) -> dict[str, Any]:
    """What those to whom the directive was relayed have answered, and what is proven of them, basis by basis."""
    rows = campaign.recipients.filter(role="task").select_related("organisation")
    recipients = list(rows.order_by("organisation__name"))
    states = Counter(recipient.state for recipient in recipients)
    silent = (RecipientState.NOT_SENT, RecipientState.SENT, RecipientState.DELIVERED)
    return {
        "campaign_id": upper.remote_id,
        "directive_ref": upper.remote_ref,
        "counted_at": max((r.state_at for r in recipients if r.state_at), default=campaign.created_at),
        "organisations": len(recipients),
        "states": [{"state": state, "count": count} for state, count in sorted(states.items())],
        "verdicts": [
            {
                "obligation_code": line.obligation.code,
                "obligation_kind": line.obligation.kind,
                "verdict": verdict.value,
                "basis": basis.value,
                "count": line.count(basis, verdict),
            }
            for line in standing_of(campaign, now)
            for basis in Basis
            for verdict in Verdict
            if line.count(basis, verdict)
        ],
        "members": [
            {
                "name": recipient.organisation.name,
                "code": recipient.organisation.code,
                "home": recipient.home,
                "state": recipient.state,
                "stated_at": recipient.state_at,
                "reason": recipient.reason,
            }
            for recipient in recipients[:5000]
        ],
        "silent_total": sum(states[state] for state in silent),
        "sender": own_sender(),
        "tlp": TLP,
        "created": upper.created_at,
        "modified": now,
        "exercise": campaign.exercise,
    }


def _send_if_new(peer: Peer, obj: dict[str, Any], subject: str, actor: Actor, now: datetime) -> int:
    """Send unless the last thing told under this identifier said the same."""
    last = Outgoing.objects.filter(peer=peer, stix_id=obj["id"]).order_by("-sequence").first()
    if last is not None and _content(last.obj) == _content(obj):
        return 0
    try:
        with transaction.atomic():
            send(peer=peer, obj=obj, subject=subject, tlp=TLP, actor=actor, now=now)
    except VigilError as error:  # one that no peer would take must not silence the others
        log.warning("%s cannot be told to peer %s: %s", obj["id"], peer.pk, error)
        return 0
    return 1


def _content(obj: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in obj.items() if name not in _PASSING}
