"""Drills: every contact point of a campaign's addressees is asked on each of its channels, and the answers counted.

Mail is tested by a link that somebody presses, a telephone by a code that a person reads out and gets back, the desk
by a person who says "we are here". An organisation with its own Vigil runs the drill there and reports.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from vigil.domain.directives.models import (
    Campaign,
    CampaignState,
    Drill,
    DrillProbe,
    ProbeOutcome,
    Recipient,
    RecipientRole,
    RecipientState,
)
from vigil.domain.exchange.stix import instant_of
from vigil.domain.flows.peering import send_drill
from vigil.domain.journal.actions import record
from vigil.domain.organisations.actions.contacts import start_test
from vigil.domain.organisations.models import ContactChannel, ContactTest, Home, Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

DRILL_LASTS: Final = timedelta(hours=1)
DESK: Final = "desk"
PEER: Final = "peer"
_UNANSWERED = (ProbeOutcome.WAITING, ProbeOutcome.TO_CALL)


@transaction.atomic
def begin_drill(
    *,
    campaign: Campaign,
    answer_by_at: datetime,
    actor: Actor,
    now: datetime,
    text: str = "",
    remote: tuple[str, str] = ("", ""),
) -> Drill:
    """Begin a drill; the probes are made in batches by `run_drill`. `remote`: the asking object and drill, if any.

    Raises: Conflict `campaign.not_sent`; Refused `drill.over_already`.
    """
    if campaign.state != CampaignState.SENT:
        raise Conflict("campaign.not_sent", N_("This campaign is not in force."))
    if answer_by_at <= now:
        raise Refused("drill.over_already", N_("A drill must end after it begins."))
    drill = Drill.objects.create(
        campaign=campaign,
        answer_by_at=answer_by_at,
        text=text[:1000],
        started_at=now,
        remote_ref=remote[0],
        remote_id=remote[1],
    )
    _tell(drill, "drill.started", actor, now, answer_by=answer_by_at.isoformat())
    return drill


@transaction.atomic
def run_drill(*, drill: Drill, base_url: str, actor: Actor, now: datetime, at_most: int = 50) -> int:
    """Make the probes of the next recipients; returns how many recipients were asked."""
    drill = Drill.objects.select_for_update().get(pk=drill.pk)
    rows = Recipient.objects.filter(campaign=drill.campaign_id, role=RecipientRole.TASK)
    rows = rows.exclude(state=RecipientState.NOT_SENT).select_related("organisation").order_by("pk")
    if drill.position is not None:
        rows = rows.filter(pk__gt=drill.position)
    recipients = list(rows[:at_most])
    for recipient in recipients:
        if recipient.home == Home.PEER:
            _ask_peer(drill, recipient, actor, now)
        else:
            _ask(drill, recipient.organisation, base_url, actor, now)
    drill.position = recipients[-1].pk if recipients else drill.position
    drill.probed = len(recipients) < at_most
    drill.save(update_fields=["position", "probed"])
    return len(recipients)


def _ask_peer(drill: Drill, recipient: Recipient, actor: Actor, now: datetime) -> None:
    asked = send_drill(drill=drill, recipient=recipient, actor=actor, now=now)
    DrillProbe.objects.create(
        drill=drill,
        organisation=recipient.organisation,
        kind=PEER,
        outcome=ProbeOutcome.WAITING if asked else ProbeOutcome.FAILED,
        sent_at=now if asked else None,
    )


def _ask(drill: Drill, organisation: Organisation, base_url: str, actor: Actor, now: datetime) -> None:
    DrillProbe.objects.create(drill=drill, organisation=organisation, kind=DESK, sent_at=now)
    channels = ContactChannel.objects.filter(
        contact_point__organisation=organisation, contact_point__retired_at=None
    ).select_related("contact_point__organisation")
    for channel in channels:
        by_mail = channel.kind == "email"
        if by_mail:
            start_test(channel=channel, base_url=base_url, actor=actor, now=now)
        DrillProbe.objects.create(
            drill=drill,
            organisation=organisation,
            channel=channel,
            kind=channel.kind,
            label=channel.contact_point.label,
            outcome=ProbeOutcome.WAITING if by_mail else ProbeOutcome.TO_CALL,
            sent_at=now if by_mail else None,
        )


@transaction.atomic
def answer_at_desk(*, drill: Drill, organisation: Organisation, by: str, actor: Actor, now: datetime) -> None:
    """Somebody at the desk says "we are here". Raises: Refused `receipt.no_name`; Conflict `drill.answered`."""
    if not by.strip():
        raise Refused("receipt.no_name", N_("Say who answers: name and title."))
    answered = DrillProbe.objects.filter(
        drill=drill, organisation=organisation, kind=DESK, outcome=ProbeOutcome.WAITING
    ).update(outcome=ProbeOutcome.ANSWERED, answered_at=now, answered_by=by.strip()[:200])
    if not answered:
        raise Conflict("drill.answered", N_("This drill is over, or was answered already."))
    _tell(drill, "drill.answered", actor, now, organisation=organisation, personal={"by": by})


@transaction.atomic
def settle_drill(*, drill: Drill, actor: Actor, now: datetime) -> int:
    """See which channels answered since the drill began; when it is over, who stayed silent. Returns the changes."""
    drill = Drill.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=drill.pk)
    open_probes = DrillProbe.objects.filter(drill=drill, outcome__in=_UNANSWERED).exclude(channel=None)
    answered = ContactTest.objects.filter(channel=OuterRef("channel"), answered_at__gte=drill.started_at)
    changed = 0
    for probe in open_probes.filter(Exists(answered)):
        test = ContactTest.objects.filter(channel=probe.channel_id, answered_at__gte=drill.started_at).latest("sent_at")
        changed += DrillProbe.objects.filter(pk=probe.pk, outcome__in=_UNANSWERED).update(
            outcome=ProbeOutcome.ANSWERED, answered_at=test.answered_at, answered_by=test.answered_by
        )
    if drill.probed and drill.ended_at is None and now >= drill.answer_by_at:
        changed += DrillProbe.objects.filter(drill=drill, outcome__in=_UNANSWERED).update(outcome=ProbeOutcome.SILENT)
        Drill.objects.filter(pk=drill.pk, ended_at=None).update(ended_at=now)
        silent = DrillProbe.objects.filter(drill=drill, outcome=ProbeOutcome.SILENT).count()
        _tell(drill, "drill.ended", actor, now, silent=silent)
    return changed


@transaction.atomic
def take_results(
    *, drill: Drill, organisation: Organisation, results: Sequence[Mapping[str, Any]], actor: Actor, now: datetime
) -> None:
    """What the organisation's own Vigil reports takes the place of what it reported before."""
    DrillProbe.objects.filter(drill=drill, organisation=organisation).delete()
    DrillProbe.objects.bulk_create(
        [
            DrillProbe(
                drill=drill,
                organisation=organisation,
                kind=one["channel"],
                label=one.get("contact_label", ""),
                outcome=one["outcome"] if one["outcome"] in ProbeOutcome.values else ProbeOutcome.WAITING,
                reported=True,
                sent_at=instant_of(one["sent_at"]) if one.get("sent_at") else None,
                answered_at=instant_of(one["answered_at"]) if one.get("answered_at") else None,
                answered_by=one.get("answered_by", ""),
            )
            for one in results
        ]
        or [DrillProbe(drill=drill, organisation=organisation, kind=PEER, sent_at=drill.started_at)]
    )
    _tell(drill, "drill.reported", actor, now, organisation=organisation, channels=len(results))


def running() -> list[Drill]:
    """Drills with probes to make or to see after."""
    return list(Drill.objects.filter(ended_at=None).select_related("campaign__organisation"))


def _tell(
    drill: Drill,
    action: str,
    actor: Actor,
    now: datetime,
    *,
    organisation: Organisation | None = None,
    personal: Mapping[str, Any] | None = None,
    **facts: Any,
) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"directives.drill:{drill.id}",
        organisation=organisation.pk if organisation else drill.campaign.organisation_id,
        facts=facts,
        personal=personal,
    )
