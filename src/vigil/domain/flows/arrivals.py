"""What arrives over a link, and what it does here: one function a type, each in the transaction of its receipt.

From above: a directive. From below: acknowledgements, contact points, proofs, roll-ups, drill results. What no room
handles yet (incidents, sightings, order results, help requests) is kept in its collection and told to the journal.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from vigil.domain.directives.actions.carrying import bring_up
from vigil.domain.directives.actions.receipts import receipt
from vigil.domain.directives.actions.receive import refuse_secret
from vigil.domain.directives.models import (
    Campaign,
    CampaignState,
    Directive,
    DirectiveLink,
    DirectiveState,
    Dispatch,
    Drill,
    LinkKind,
    Obligation,
    ObligationKind,
    ReceiptKind,
    Recipient,
    RecipientState,
    RelayedAnswer,
    window_instants,
)
from vigil.domain.directives.originals import keep as keep_original
from vigil.domain.exchange.actions.items import keep_posted
from vigil.domain.exchange.models import Collection, Peer, PeerSide
from vigil.domain.exchange.stix import instant_of
from vigil.domain.flows.drilling import DRILL_LASTS, begin_drill, take_results
from vigil.domain.flows.peering import directive_ref, send_receipt
from vigil.domain.journal.actions import record
from vigil.domain.organisations.actions.contacts import ChannelEntry, file_contact_point, retire_contact_point
from vigil.domain.organisations.models import ContactPoint
from vigil.domain.readiness.actions import keep, question_of
from vigil.domain.readiness.models import Source
from vigil.engines import dispatch as reader
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.proofs import Basis, Fact, Proof, Verdict

REPORT_HOLDS: Final = timedelta(days=2)
"""However long a peer says that its proof holds: one that falls silent must read "cannot tell" some day."""
MEDIA_TYPE: Final = "application/stix+json;version=2.1"


class ArrivalReceiver:
    """Hands each object to its meaning (`receiving.Receiver`). A type that no side asks of the other is refused."""

    def receive(self, *, peer: Peer, collection: Collection, obj: dict[str, Any], now: datetime) -> None:
        """Take one object. Raises: VigilError with the reason for its sender."""
        actor = Actor("peer", str(peer.pk), peer.name)
        meanings = FROM_ABOVE if peer.side == PeerSide.ABOVE else FROM_BELOW
        meaning = meanings.get(obj["type"])
        if meaning is not None:
            meaning(peer, obj, actor, now)
        elif obj["type"].startswith("x-vigil-") and obj["type"] not in KEPT:
            raise Refused("exchange.not_expected", N_("{type} is not expected from this side."), type=obj["type"])
        else:
            keep_posted(peer=peer, collection=collection, obj=obj, now=now)
            record(
                actor=actor,
                now=now,
                action="exchange.kept",
                subject=f"exchange.peer:{peer.pk}",
                organisation=peer.organisation_id,
                facts={"name": peer.name, "object": obj["id"]},
            )


# -- from above ------------------------------------------------------------------------------------------------------


def _directive(peer: Peer, obj: dict[str, Any], actor: Actor, now: datetime) -> None:
    """A directive, an amendment of one, its withdrawal or the end of its watch."""
    refuse_secret(obj.get("full_text", ""))
    campaign = Campaign.objects.select_for_update().filter(peer_id=peer.pk, remote_id=obj["campaign_id"]).first()
    if campaign is None:
        campaign = _begin(peer, obj, actor, now)
    elif campaign.remote_ref != obj["id"]:
        _amend(campaign, peer, obj, actor, now)
    campaign.remote_modified = obj["modified"]
    campaign.answer_by_at = _instant(obj.get("answer_by"))
    if obj.get("revoked") and campaign.state == CampaignState.SENT:
        campaign.state, campaign.closing_note = CampaignState.WITHDRAWN, obj.get("withdrawal_reason", "")
        campaign.ended_at = now
        Directive.objects.filter(pk=campaign.directive_id).update(state=DirectiveState.WITHDRAWN)
        _tell(campaign, peer, "campaign.withdrawn", actor, now, why=campaign.closing_note)
    elif obj.get("closed_at") and campaign.state == CampaignState.SENT:
        campaign.state, campaign.ended_at = CampaignState.CLOSED, now
        _tell(campaign, peer, "campaign.closed", actor, now)
    campaign.save()


def _begin(peer: Peer, obj: dict[str, Any], actor: Actor, now: datetime) -> Campaign:
    directive = _kept_directive(peer, obj, now)
    starts_at, ends_at = _window(directive)
    campaign = Campaign.objects.create(
        sender=(peer.name or obj.get("issuer", ""))[:300],
        peer_id=peer.pk,
        remote_id=obj["campaign_id"],
        remote_ref=obj["id"],
        remote_modified=obj["modified"],
        directive=directive,
        title=(directive.window_event or directive.subject)[:500],
        starts_at=starts_at,
        ends_at=ends_at,
        answer_by_at=_instant(obj.get("answer_by")),
        exercise=bool(obj.get("exercise")),
        state=CampaignState.SENT,
        created_at=now,
        sent_at=now,
    )
    recipient = Recipient.objects.create(campaign=campaign, organisation=peer.organisation, role=obj["role"])
    _tell(campaign, peer, "campaign.arrived", actor, now, number=directive.number, subject=directive.subject)
    _hand_over(campaign, recipient, actor, now)
    return campaign


def _amend(campaign: Campaign, peer: Peer, obj: dict[str, Any], actor: Actor, now: datetime) -> None:
    earlier, later = campaign.directive, _kept_directive(peer, obj, now)
    how = obj.get("supersedes_how", LinkKind.AMENDMENT)
    DirectiveLink.objects.create(later=later, earlier=earlier, kind=how, linked_at=now)
    campaign.directive, campaign.remote_ref, campaign.remote_modified = later, obj["id"], obj["modified"]
    if later.window_start is not None or later.window_end is not None:
        campaign.starts_at, campaign.ends_at = _window(later)
    campaign.version += 1
    campaign.save()
    _tell(campaign, peer, "campaign.amended", actor, now, number=later.number, subject=later.subject)
    recipient = campaign.recipients.select_related("organisation", "watch").get(organisation=peer.organisation)
    _hand_over(campaign, recipient, actor, now)


def _hand_over(campaign: Campaign, recipient: Recipient, actor: Actor, now: datetime) -> None:
    """The watch over it stands ready, and its sender learns that it arrived."""
    bring_up(campaign=campaign, recipients=[recipient], now=now)
    kept = receipt(recipient=recipient, kind=ReceiptKind.DELIVERED, basis=Basis.MEASURED, actor=actor, now=now)
    if kept is not None:
        send_receipt(kept=kept, actor=actor, now=now)


def _window(directive: Directive) -> tuple[datetime, datetime]:
    if directive.window_start is None or directive.window_end is None:
        raise Refused("campaign.no_window", N_("Say in the directive on which day the watch starts and ends."))
    if directive.window_end < directive.window_start or (directive.window_end - directive.window_start).days > 366:
        raise Refused("watch.window_crossed", N_("The watch cannot end before it starts."))
    return window_instants(directive.window_start, directive.window_end)


def _kept_directive(peer: Peer, obj: dict[str, Any], now: datetime) -> Directive:
    """The object itself, sealed by its sender, is the original; what it says was confirmed there by a person."""
    data = json.dumps(obj, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    sha256 = keep_original(settings.VIGIL_ORIGINALS, data)
    text = obj.get("full_text") or "\n".join(f"{item['code']}. {item['text']}" for item in obj["obligations"])
    dispatch = Dispatch.objects.create(
        organisation=peer.organisation,
        sha256=sha256,
        size_bytes=len(data),
        filename=f"{obj['id']}.json"[:255],
        media_type=MEDIA_TYPE,
        received_at=now,
        text=text,
        reading=reader.read(text).to_json(),
    )
    directive = Directive.objects.create(
        organisation=peer.organisation,
        dispatch=dispatch,
        state=DirectiveState.CONFIRMED,
        kind=obj["kind"],
        issued_on=obj.get("issued_on"),
        window_start=obj.get("window_start"),
        window_end=obj.get("window_end"),
        number_missing_serial=bool(obj.get("number_missing_serial")),
        subject=obj["subject"],
        **{name: obj.get(name, "") for name in _TEXTS},
        **{name: obj.get(name, []) for name in _LISTS},
        refs=obj.get("references", []),
        created_at=now,
        confirmed_at=now,
        confirmed_by=peer.name[:200],
    )
    directive.refresh_from_db()
    Obligation.objects.bulk_create(
        [
            Obligation(
                directive=directive,
                position=position,
                code=item["code"],
                kind=item["kind"] if item["kind"] in ObligationKind.values else ObligationKind.OTHER,
                audience=item["audience"],
                text=item["text"],
                deadline_at=_instant(item.get("deadline_at")),
                derived=bool(item.get("derived")),
            )
            for position, item in enumerate(_each_code_once(obj["obligations"]), start=1)
        ]
    )
    return directive


_TEXTS = (
    "issuer", "issuer_parent", "number", "place", "window_event", "signatory_authority", "signatory_title",
    "signatory_name",
)  # fmt: skip
_LISTS = ("addressees", "recipients", "contacts", "cves", "products", "vuln_references", "deadlines")


def _each_code_once(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    codes = [item["code"] for item in items]
    if len(set(codes)) != len(codes):
        raise Refused("exchange.code_twice", N_("An obligation's item stands twice in the directive."))
    return items


def _tell(
    campaign: Campaign, peer: Peer, action: str, actor: Actor, now: datetime, *, why: str = "", **facts: Any
) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"directives.campaign:{campaign.id}",
        organisation=peer.organisation_id,
        why=why,
        facts=facts,
    )


def _drill(peer: Peer, obj: dict[str, Any], actor: Actor, now: datetime) -> None:
    """The authority asks whether the contact points answer."""
    campaign = Campaign.objects.filter(peer_id=peer.pk, remote_id=obj.get("campaign_id", "-")).first()
    if campaign is None:
        raise Refused("exchange.unknown_campaign", N_("This Vigil sent no such directive to this organisation."))
    if Drill.objects.filter(campaign=campaign, remote_ref=obj["id"]).exists():
        return
    begin_drill(
        campaign=campaign,
        answer_by_at=_instant(obj.get("answer_by")) or now + DRILL_LASTS,
        text=obj.get("text", ""),
        remote=(obj["id"], obj["drill_id"]),
        actor=actor,
        now=now,
    )


# -- from below ------------------------------------------------------------------------------------------------------


def _recipient(peer: Peer, obj: dict[str, Any]) -> Recipient:
    """The peer's own row in the campaign that the object speaks of. Raises: Refused `exchange.unknown_campaign`."""
    try:
        wanted = UUID(obj["campaign_id"])
    except ValueError:
        wanted = None
    rows = Recipient.objects.select_related("campaign__directive", "organisation", "watch", "directive")
    found = rows.filter(campaign_id=wanted, organisation=peer.organisation).first() if wanted else None
    if found is None or found.campaign.organisation_id is None:
        raise Refused("exchange.unknown_campaign", N_("This Vigil sent no such directive to this organisation."))
    return found


def _version(recipient: Recipient, ref: str) -> Directive:
    """The version of the directive that `ref` names: the present one or an earlier one that this recipient had."""
    waiting, seen = [recipient.campaign.directive], set()
    while waiting:  # one may take the place of several
        candidate = waiting.pop(0)
        if candidate.pk in seen:
            continue
        seen.add(candidate.pk)
        if directive_ref(recipient.campaign_id, candidate.pk, recipient.organisation_id) == ref:
            return candidate
        waiting += [link.earlier for link in DirectiveLink.objects.filter(later=candidate).select_related("earlier")]
    raise Refused("exchange.unknown_directive", N_("This Vigil sent no such directive to this organisation."))


def _acknowledgement(peer: Peer, obj: dict[str, Any], actor: Actor, now: datetime) -> None:
    recipient = _recipient(peer, obj)
    directive = _version(recipient, obj["directive_ref"])
    if recipient.carried_version == 0:
        raise Conflict("receipt.not_sent", N_("This was not sent yet."))
    receipt(
        recipient=recipient,
        kind=obj["state"],
        basis=Basis.REPORTED,
        directive=directive,
        by=obj.get("person", "") or peer.name,
        reason=obj.get("reason", ""),
        at=instant_of(obj["stated_at"]),
        actor=actor,
        now=now,
    )


def _proof(peer: Peer, obj: dict[str, Any], actor: Actor, now: datetime) -> None:
    recipient = _recipient(peer, obj)
    _version(recipient, obj["directive_ref"])
    assignment = (
        recipient.watch.assignments.select_related("watch__organisation", "obligation")
        .filter(obligation__code=obj["obligation_code"], dropped_at=None)
        .first()
        if recipient.watch is not None
        else None
    )
    if assignment is None:
        code = obj["obligation_code"]
        raise Refused("exchange.unknown_obligation", N_("The directive has no obligation {code}."), code=code)
    kind = obj.get("obligation_kind", ObligationKind.OTHER)
    if kind not in (assignment.obligation.kind, ObligationKind.OTHER):  # the item asks for something else by now
        code = obj["obligation_code"]
        raise Refused("exchange.unknown_obligation", N_("The directive has no obligation {code}."), code=code)
    longest = max(now, assignment.watch.starts_at) + REPORT_HOLDS
    there = Fact(phrase(N_("Basis there: {basis}."), basis=phrase(Basis(obj["basis"]).label)))
    facts = tuple(Fact(Phrase.from_json(fact["statement"]), fact.get("holds")) for fact in obj.get("facts", []))
    proof = Proof(
        question=question_of(assignment),
        verdict=Verdict(obj["verdict"]),
        basis=Basis.REPORTED,
        sentence=Phrase.from_json(obj["sentence"]),
        measured_at=min(instant_of(obj["measured_at"]), now),
        valid_until=min(instant_of(obj["valid_until"]), longest),
        facts=(there, *facts),
        next_step=Phrase.from_json(obj["next_step"]) if obj.get("next_step") else None,
    )
    keep(proof=proof, assignment=assignment, actor=actor, now=now, source=Source.REPORT)


def _contact_point(peer: Peer, obj: dict[str, Any], actor: Actor, now: datetime) -> None:
    """A contact point as the member filed it. It is verified here by this side's own test or drill alone."""
    try:
        key = UUID(obj["contact_id"])
    except ValueError as error:
        raise Refused("exchange.bad_contact", N_("The contact point has no identifier.")) from error
    found = ContactPoint.objects.select_for_update().filter(pk=key).first()
    if found is not None and found.organisation_id != peer.organisation_id:
        raise Refused("exchange.bad_contact", N_("The contact point belongs to another organisation."))
    if obj.get("retired_at") or obj.get("revoked"):
        if found is not None and found.retired_at is None:
            retire_contact_point(contact_point=found, actor=actor, now=now)
        return
    point = found or ContactPoint(id=key, organisation=peer.organisation)
    who = " ".join(part for part in (obj.get("person", ""), obj.get("person_title", "")) if part)
    point.label = (f"{obj['label']} ({who})" if who and who not in obj["label"] else obj["label"])[:200]
    point.purpose, point.hours, point.source = obj["purpose"], obj["hours"], f"peer:{peer.pk}"
    channels = [ChannelEntry(one["kind"], one["value"]) for one in obj.get("channels", [])]
    file_contact_point(contact_point=point, channels=channels, actor=actor, now=now)


def _rollup(peer: Peer, obj: dict[str, Any], actor: Actor, now: datetime) -> None:
    """What the peer's own addressees answered: who, in which state; and per obligation the counts, basis by basis."""
    recipient = _recipient(peer, obj)
    rows = {}
    for member in obj.get("members", []):
        state = member["state"] if member["state"] in RecipientState.values else RecipientState.SENT
        key = (member.get("code") or member["name"])[:100]
        at = _instant(member.get("stated_at")) or now
        rows[key] = RelayedAnswer(recipient=recipient, key=key, name=member["name"], state=state, at=min(at, now))
    RelayedAnswer.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["recipient", "key"],
        update_fields=["name", "state", "at"],
        batch_size=500,
    )
    RelayedAnswer.objects.filter(recipient=recipient).exclude(key__in=list(rows)).delete()
    recipient.relayed_counts, recipient.relayed_at = obj.get("verdicts", []), now
    recipient.save(update_fields=["relayed_counts", "relayed_at"])
    record(
        actor=actor,
        now=now,
        action="recipient.rolled_up",
        subject=f"directives.recipient:{recipient.id}",
        organisation=peer.organisation_id,
        facts={"organisations": obj["organisations"], "states": obj.get("states", [])},
    )


def _drill_result(peer: Peer, obj: dict[str, Any], actor: Actor, now: datetime) -> None:
    """What a drill showed at the member, channel by channel, as it reports it."""
    try:
        wanted = UUID(obj["drill_id"])
    except ValueError as error:
        raise Refused("exchange.unknown_drill", N_("This Vigil asked for no such drill.")) from error
    drill = Drill.objects.filter(pk=wanted, campaign__recipients__organisation=peer.organisation).first()
    if drill is None or drill.campaign.organisation_id is None:
        raise Refused("exchange.unknown_drill", N_("This Vigil asked for no such drill."))
    take_results(drill=drill, organisation=peer.organisation, results=obj.get("results", []), actor=actor, now=now)


def _instant(text: str | None) -> datetime | None:
    return instant_of(text) if text else None


_Meaning = Callable[[Peer, dict[str, Any], Actor, datetime], None]
KEPT: Final = frozenset({"x-vigil-help-request", "x-vigil-refusal"})
FROM_ABOVE: Final[dict[str, _Meaning]] = {"x-vigil-directive": _directive, "x-vigil-drill": _drill}
FROM_BELOW: Final[dict[str, _Meaning]] = {
    "x-vigil-acknowledgement": _acknowledgement,
    "x-vigil-contact-point": _contact_point,
    "x-vigil-proof": _proof,
    "x-vigil-rollup": _rollup,
    "x-vigil-drill-result": _drill_result,
}
