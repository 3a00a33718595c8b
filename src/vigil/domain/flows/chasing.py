"""Chasing the silent: by a campaign's rules, before and after each deadline, a reminder by mail or a line to call.

What has become due while Vigil was down is decided once, in order. A rule that was due before the directive was sent
does not fire: nobody is reminded in the minute in which they are asked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, Exists, ExpressionWrapper, Min, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from vigil.domain.accounts.guests import make_links
from vigil.domain.accounts.models import SecondFactor
from vigil.domain.directives.models import (
    Assignment,
    Campaign,
    CampaignState,
    Chase,
    ChaseState,
    Recipient,
    RecipientRole,
    RecipientState,
)
from vigil.domain.directives.rules import Rule, rules_of
from vigil.domain.flows import letters
from vigil.domain.flows.campaigns import LINK_OUTLIVES, addresses_of
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import ContactPoint, Home
from vigil.domain.outbox.actions import queue
from vigil.domain.readiness.models import ProofSnapshot
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_
from vigil.kernel.proofs import Verdict

_MISSING = {
    "not_read": ("chưa xác nhận đã đọc", "nobody has confirmed reading it"),
    "not_answered": ("chưa chấp nhận hoặc từ chối", "it is neither accepted nor refused"),
    "no_contact_point": ("chưa cử đầu mối tiếp nhận thông tin", "no contact point is filed"),
    "not_met": ("có nhiệm vụ đến hạn chưa hoàn thành", "an obligation that is due is not met"),
}
OUTCOMES = {
    "reached": N_("Reached"),
    "no_answer": N_("No answer"),
    "wrong_number": N_("Wrong number"),
    "promised": N_("Promised to answer"),
}


@transaction.atomic
def chase(*, campaign: Campaign, base_url: str, actor: Actor, now: datetime, at_most: int = 500) -> int:
    """Do what the campaign's rules ask for by `now`; returns how many reminders and calls became due."""
    locked = Campaign.objects.select_for_update(of=("self",), no_key=True)
    campaign = locked.select_related("directive", "organisation").get(pk=campaign.pk)
    if campaign.state != CampaignState.SENT or campaign.organisation_id is None:  # as it stands now, not as it was read
        return 0
    settle(campaign=campaign, now=now)
    done = 0
    for rule in rules_of(campaign.rules):
        if done >= at_most:
            break
        found = list(_due(campaign, rule, now)[: at_most - done])
        if found:
            _apply(campaign, rule, found, base_url, actor, now)
            done += len(found)
    return done


def settle(*, campaign: Campaign, now: datetime) -> int:
    """Take calls off the list whose reason is gone: the silent one has answered meanwhile."""
    settled = 0
    for missing in _MISSING:
        still = _lacking(Recipient.objects.filter(campaign=campaign), missing, now)
        open_calls = Chase.objects.filter(recipient__campaign=campaign, state=ChaseState.DUE, missing=missing)
        settled += open_calls.exclude(recipient__in=still).update(state=ChaseState.NEEDLESS, done_at=now)
    return settled


def due_calls(campaign: Campaign, now: datetime) -> QuerySet[Chase]:
    """The calls to be made whose reason still holds at `now`; those that `settle` has yet to take off are left out."""
    holds = Q(pk__in=[])
    for missing in _MISSING:
        lacking = _lacking(Recipient.objects.filter(pk=OuterRef("recipient")), missing, now)
        holds |= Q(Exists(lacking), missing=missing)
    return Chase.objects.filter(holds, recipient__campaign=campaign, state=ChaseState.DUE)


def _due(campaign: Campaign, rule: Rule, now: datetime) -> QuerySet[Recipient]:
    after = timedelta(hours=rule.hours)
    rows = Recipient.objects.filter(campaign=campaign, role=RecipientRole.TASK, sent_at__isnull=False)
    if rule.of == "sent":
        rows = rows.filter(sent_at__lte=now - after) if after > timedelta(0) else rows.none()
    else:
        each = rule.of == "deadline" and rule.missing == "not_met"
        anchor = campaign.answer_by_at if rule.of == "answer_by" else _first_deadline(campaign)
        if not each:
            if anchor is None or anchor + after > now:
                return rows.none()
            rows = rows.filter(sent_at__lt=anchor + after)
    chased = Chase.objects.filter(recipient=OuterRef("pk"), rule=rule.code, directive=OuterRef("directive"))
    if rule.of == "deadline" and rule.missing == "not_met":
        # each obligation by its own deadline; one that was over before the sending chases nobody
        sent_then = ExpressionWrapper(OuterRef("sent_at") - Value(after), output_field=DateTimeField())
        owed = _unmet(now).filter(due_at__lte=now - after, due_at__gt=sent_then)
        lacking = rows.exclude(state=RecipientState.REFUSED).filter(Exists(owed), ~Exists(chased))
    else:
        lacking = _lacking(rows, rule.missing, now).filter(~Exists(chased))
    return lacking.select_related("organisation", "directive").order_by("pk")


def _first_deadline(campaign: Campaign) -> datetime | None:
    found: datetime | None = campaign.directive.obligations.aggregate(first=Min("deadline_at"))["first"]
    return found


def _lacking(rows: QuerySet[Recipient], missing: str, now: datetime) -> QuerySet[Recipient]:
    if missing == "not_read":
        return rows.filter(state__in=[RecipientState.NOT_SENT, RecipientState.SENT, RecipientState.DELIVERED])
    if missing == "not_answered":
        return rows.exclude(state__in=[RecipientState.ACCEPTED, RecipientState.REFUSED])
    if missing == "no_contact_point":
        filed = ContactPoint.objects.filter(organisation=OuterRef("organisation"), retired_at=None)
        return rows.exclude(state=RecipientState.REFUSED).filter(~Exists(filed))
    return rows.exclude(state=RecipientState.REFUSED).filter(Exists(_unmet(now)))


def _unmet(now: datetime) -> QuerySet[Any]:
    """Obligations of the outer recipient that have a deadline (`due_at`) and are not met now.

    The directive's deadline goes before the addressee's own: nobody escapes being chased by setting a later one.
    """
    met = ProofSnapshot.objects.filter(
        assignment=OuterRef("pk"), current=True, verdict=Verdict.MET.value, valid_until__gte=now
    )
    asked = Assignment.objects.filter(watch=OuterRef("watch"), applies=True, dropped_at=None)
    dated = asked.annotate(due_at=Coalesce("obligation__deadline_at", "own_deadline_at"))
    return dated.filter(due_at__isnull=False).filter(~Exists(met))


def _apply(
    campaign: Campaign, rule: Rule, recipients: Sequence[Recipient], base_url: str, actor: Actor, now: datetime
) -> None:
    addresses = addresses_of([r.organisation_id for r in recipients]) if rule.do == "mail" else {}
    rows, mailed = [], []
    for recipient in recipients:
        by_mail = bool(addresses.get(recipient.organisation_id))
        if by_mail:
            mailed.append(recipient)
        rows.append(
            Chase(
                recipient=recipient,
                directive=recipient.directive or campaign.directive,
                rule=rule.code,
                channel="mail" if by_mail else "call",
                missing=rule.missing,
                state=ChaseState.SENT if by_mail else ChaseState.DUE,
                due_at=now,
                created_at=now,
                done_at=now if by_mail else None,
            )
        )
    Chase.objects.bulk_create(rows, batch_size=500)
    _remind(campaign, rule, mailed, {r.pk: addresses[r.organisation_id] for r in mailed}, base_url, actor, now)
    record(
        actor=actor,
        now=now,
        action="campaign.chased",
        subject=f"directives.campaign:{campaign.id}",
        organisation=campaign.organisation_id,
        facts={"rule": rule.code, "reminded": len(mailed), "to_call": len(recipients) - len(mailed)},
    )


def _remind(
    campaign: Campaign,
    rule: Rule,
    recipients: Sequence[Recipient],
    addresses: dict[object, tuple[str, ...]],
    base_url: str,
    actor: Actor,
    now: datetime,
) -> None:
    guests = [(r, address) for r in recipients if r.organisation.home == Home.GUEST for address in addresses[r.pk]]
    made = make_links(
        organisations=[(r.organisation, address) for r, address in guests],
        second_factor=SecondFactor.MAIL,
        expires_at=max(campaign.ends_at, now) + LINK_OUTLIVES,
        actor=actor,
        now=now,
    )
    wanted = [(r, address, f"{base_url}/g/{f.token}/") for (r, address), f in zip(guests, made, strict=True)]
    wanted += [
        (r, address, f"{base_url}/received/{r.id}/" if r.organisation.home == Home.HERE else "")
        for r in recipients
        if r.organisation.home != Home.GUEST
        for address in addresses[r.pk]
    ]
    for recipient, address, link in wanted:
        queue(
            address=address,
            title=letters.titled(campaign, "Nhắc việc", "Reminder"),
            body=letters.reminding(campaign, recipient, link, *_MISSING[rule.missing]),
            now=now,
            about=f"directives.chase:{recipient.id}:{rule.code}",
            organisation=recipient.organisation_id,
        )


@transaction.atomic
def called(*, found: Chase, outcome: str, note: str, by: str, actor: Actor, now: datetime) -> Chase:
    """A person called: what came of it, in a word and a note. An unanswered call stays on the list.

    Raises: Refused `chase.outcome`; Conflict `chase.done`.
    """
    if outcome not in OUTCOMES:
        raise Refused("chase.outcome", N_("Say what came of the call."))
    answered = outcome in ("reached", "promised")
    changed = Chase.objects.filter(pk=found.pk, state=ChaseState.DUE).update(
        state=ChaseState.DONE if answered else ChaseState.DUE,
        done_at=now if answered else None,
        outcome=outcome,
        note=note.strip()[:1000],
        by=by[:200],
    )
    if not changed:
        raise Conflict("chase.done", N_("This call was made already."))
    record(
        actor=actor,
        now=now,
        action="campaign.called",
        subject=f"directives.recipient:{found.recipient_id}",
        organisation=found.recipient.organisation_id,
        facts={"rule": found.rule, "outcome": outcome},
        personal={"by": by, "note": note} if note or by else None,
    )
    found.refresh_from_db()
    return found
