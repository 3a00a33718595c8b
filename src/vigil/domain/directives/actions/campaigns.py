"""Preparing, sending, amending, withdrawing and closing a campaign. Carrying it to each recipient is `carrying`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from vigil.domain.directives.models import (
    Campaign,
    CampaignState,
    Directive,
    DirectiveLink,
    DirectiveState,
    LinkKind,
    Recipient,
    window_instants,
)
from vigil.domain.directives.queries import Resolution, resolve, suggested_audiences
from vigil.domain.directives.rules import rules_of, usual_rules
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

_BATCH = 500


@transaction.atomic
def draft_campaign(
    *, directive: Directive, actor: Actor, now: datetime, relays: Recipient | None = None, exercise: bool = False
) -> Campaign:
    """Begin a campaign over a confirmed directive, with the audiences that it names itself.

    `relays`: the recipient by which the sender itself got the directive; its answers then roll up into that.
    Raises: Refused `campaign.not_confirmed`, `campaign.no_window`; Conflict `campaign.exists`.
    """
    if directive.state != DirectiveState.CONFIRMED:
        raise Refused("campaign.not_confirmed", N_("Only a confirmed directive can be sent."))
    if relays is not None and relays.campaign.state != CampaignState.SENT:
        raise Conflict("campaign.over", N_("This campaign is over; it takes no more answers."))
    if relays is not None:
        starts_at, ends_at = relays.campaign.starts_at, relays.campaign.ends_at
    elif directive.window_start is None or directive.window_end is None:
        raise Refused("campaign.no_window", N_("Say in the directive on which day the watch starts and ends."))
    else:
        starts_at, ends_at = window_instants(directive.window_start, directive.window_end)
    campaign = Campaign(
        organisation=directive.organisation if relays is None else relays.organisation,
        directive=directive,
        relays=relays,
        title=(directive.window_event or directive.subject)[:500],
        starts_at=starts_at,
        ends_at=ends_at,
        answer_by_at=relays.campaign.answer_by_at if relays else None,
        exercise=exercise or (relays is not None and relays.campaign.exercise),
        rules=[rule.to_json() for rule in usual_rules()],
        created_at=now,
    )
    campaign.audiences = [{"code": "below", "role": "task"}] if relays else suggested_audiences(campaign)
    try:
        with transaction.atomic():
            campaign.save()
    except IntegrityError as error:
        raise Conflict("campaign.exists", N_("There is already a campaign over this directive.")) from error
    _tell(campaign, "campaign.drafted", actor, now, directive=str(directive.id), exercise=campaign.exercise)
    return campaign


@transaction.atomic
def choose(
    *,
    campaign: Campaign,
    audiences: Sequence[Mapping[str, Any]],
    picked: Iterable[UUID],
    answer_by_at: datetime | None,
    exercise: bool,
    rules: Sequence[Mapping[str, Any]] | None,
    actor: Actor,
    now: datetime,
) -> Resolution:
    """Say whom a campaign in preparation goes to, by when they answer, and by which rules they are chased.

    Raises: Conflict `campaign.not_draft`; Refused `rule.bad`.
    """
    campaign = _locked(campaign, CampaignState.DRAFT)
    campaign.audiences = [{"code": str(row["code"]), "role": str(row["role"])} for row in audiences]
    campaign.answer_by_at, campaign.exercise = answer_by_at, exercise
    if rules is not None:
        campaign.rules = [rule.to_json() for rule in rules_of(rules)]
    campaign.save(update_fields=["audiences", "answer_by_at", "exercise", "rules"])
    chosen = resolve(_sender(campaign), campaign.audiences, picked)
    Recipient.objects.filter(campaign=campaign).delete()
    homes = dict(Organisation.objects.filter(pk__in=chosen.members).values_list("pk", "home"))
    Recipient.objects.bulk_create(
        [
            Recipient(campaign=campaign, organisation_id=pk, role=role, named_by=list(codes), home=homes[pk])
            for pk, (role, codes) in chosen.members.items()
        ],
        batch_size=_BATCH,
    )
    _tell(
        campaign,
        "campaign.chosen",
        actor,
        now,
        audiences=campaign.audiences,
        recipients=len(chosen.members),
        exercise=exercise,
        answer_by=answer_by_at.isoformat() if answer_by_at else "",
    )
    return chosen


@transaction.atomic
def send_campaign(*, campaign: Campaign, actor: Actor, now: datetime) -> Campaign:
    """Put a campaign in force: from now on it is carried to every recipient.

    Raises: Conflict `campaign.not_draft`; Refused `campaign.nobody`.
    """
    campaign = _locked(campaign, CampaignState.DRAFT)
    if not campaign.recipients.exists():
        raise Refused("campaign.nobody", N_("Nobody is chosen: these audiences have no members."))
    campaign.state, campaign.sent_at = CampaignState.SENT, now
    campaign.save(update_fields=["state", "sent_at"])
    _tell(campaign, "campaign.sent", actor, now, recipients=campaign.recipients.count())
    return campaign


@transaction.atomic
def amend_campaign(*, campaign: Campaign, later: Directive, actor: Actor, now: datetime) -> Campaign:
    """Let a later directive (its numbered issue or an amendment, already linked) take the place of the earlier one.

    It goes to every recipient anew; what they had proven stays with the obligations that live on.
    Raises: Conflict `campaign.not_sent`; Refused `campaign.not_linked`.
    """
    campaign = _locked(campaign, CampaignState.SENT)
    linked = DirectiveLink.objects.filter(later=later, earlier=campaign.directive).exclude(kind=LinkKind.WITHDRAWAL)
    if later.state != DirectiveState.CONFIRMED or not linked.exists():
        raise Refused("campaign.not_linked", N_("Link the confirmed later directive to this one first."))
    before, campaign.directive = campaign.directive_id, later
    if later.window_start is not None and later.window_end is not None:
        campaign.starts_at, campaign.ends_at = window_instants(later.window_start, later.window_end)
    campaign.version += 1
    campaign.save(update_fields=["directive", "starts_at", "ends_at", "version"])
    _tell(campaign, "campaign.amended", actor, now, was=str(before), directive=str(later.id))
    return campaign


@transaction.atomic
def withdraw_campaign(*, campaign: Campaign, why: str, actor: Actor, now: datetime) -> Campaign:
    """Withdraw: every recipient is told; what they proved stays. Raises: Conflict `campaign.not_sent`; Refused."""
    if not why.strip():
        raise Refused("campaign.no_reason", N_("Say why."))
    campaign = _locked(campaign, CampaignState.SENT)
    campaign.state, campaign.ended_at, campaign.closing_note = CampaignState.WITHDRAWN, now, why.strip()
    campaign.version += 1
    campaign.save(update_fields=["state", "ended_at", "closing_note", "version"])
    if campaign.relays_id is None:  # what was only relayed is its issuer's to withdraw
        Directive.objects.filter(pk=campaign.directive_id).update(state=DirectiveState.WITHDRAWN)
    _tell(campaign, "campaign.withdrawn", actor, now, why=why.strip())
    return campaign


@transaction.atomic
def close_campaign(*, campaign: Campaign, note: str, actor: Actor, now: datetime) -> Campaign:
    """Close a campaign in force: nobody is chased any more. Raises: Conflict `campaign.not_sent`."""
    campaign = _locked(campaign, CampaignState.SENT)
    campaign.state, campaign.ended_at, campaign.closing_note = CampaignState.CLOSED, now, note.strip()
    campaign.version = F("version") + 1
    campaign.save(update_fields=["state", "ended_at", "closing_note", "version"])
    campaign.refresh_from_db()
    _tell(campaign, "campaign.closed", actor, now, why=note.strip())
    return campaign


def _locked(campaign: Campaign, state: str) -> Campaign:
    found = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if found.state != state:
        if state == CampaignState.DRAFT:
            raise Conflict("campaign.not_draft", N_("This campaign was already sent."))
        raise Conflict("campaign.not_sent", N_("This campaign is not in force."))
    return found


def _sender(campaign: Campaign) -> Organisation:
    if campaign.organisation is None:
        raise Refused("campaign.foreign", N_("This campaign is another Vigil's; only its sender can change it."))
    return campaign.organisation


def _tell(campaign: Campaign, action: str, actor: Actor, now: datetime, *, why: str = "", **facts: Any) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"directives.campaign:{campaign.id}",
        organisation=campaign.organisation_id,
        why=why,
        facts=facts,
    )
