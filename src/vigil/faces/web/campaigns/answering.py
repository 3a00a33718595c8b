"""Answering a directive that was received: the same steps for those at home here and for guests."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from vigil.domain.directives.models import Assignment, DrillProbe, ProbeOutcome, ReceiptKind, Recipient
from vigil.domain.flows.answers import answer, attach_file, check_in_for, state_obligation
from vigil.domain.flows.drilling import DESK, answer_at_desk
from vigil.domain.readiness.campaigns import rows_of
from vigil.faces.web.campaigns.forms import STATED
from vigil.faces.web.scoping import actor_of
from vigil.faces.web.uploads import uploaded
from vigil.kernel import clock
from vigil.kernel.errors import Conflict, NotFound, Refused
from vigil.kernel.phrases import N_
from vigil.kernel.proofs import Basis

DEEDS = {"read": ReceiptKind.READ, "accept": ReceiptKind.ACCEPTED, "refuse": ReceiptKind.REFUSED}


def act(request: HttpRequest, recipient: Recipient, *, by: str, basis: Basis) -> bool:
    """Do what was posted (`deed`); what is refused is said on the page. Returns whether it was done."""
    try:
        done = _act(request, recipient, by, basis)
    except (Refused, Conflict) as error:
        messages.error(request, error.phrase.said(gettext))
        return False
    messages.success(request, done)
    return True


def _act(request: HttpRequest, recipient: Recipient, by: str, basis: Basis) -> str:
    deed, actor, now = request.POST.get("deed", ""), actor_of(request), clock.now()
    if deed in DEEDS:
        reason = request.POST.get("reason", "")[:1000]
        answer(recipient=recipient, kind=DEEDS[deed], by=by, basis=basis, reason=reason, actor=actor, now=now)
        return gettext("Thank you: it is noted and the sender sees it.")
    if deed == "state":
        state_obligation(
            recipient=recipient,
            assignment=_assignment(request, recipient),
            verdict=request.POST.get("verdict", ""),
            text=request.POST.get("text", "")[:5000],
            by=by,
            actor=actor,
            now=now,
        )
        return gettext("Your statement is kept under your name.")
    if deed == "check_in":
        renewed = check_in_for(recipient=recipient, by=by, actor=actor, now=now)
        return gettext("Checked in: {n} statements hold for another day.").format(n=renewed)
    if deed == "drill":
        probe = _desk_probes(recipient).first()
        if probe is None:
            raise Conflict("drill.answered", N_("This drill is over, or was answered already."))
        answer_at_desk(drill=probe.drill, organisation=recipient.organisation, by=by, actor=actor, now=now)
        return gettext("Thank you: the sender sees that you are here.")
    if deed == "attach":
        data, name = uploaded(request, "file")
        attach_file(
            recipient=recipient,
            filename=name,
            data=data,
            by=by,
            originals=settings.VIGIL_ORIGINALS,
            actor=actor,
            now=now,
        )
        return gettext("The file is kept.")
    raise Refused("answer.unknown", N_("This page does not know that step."))


def _desk_probes(recipient: Recipient) -> QuerySet[DrillProbe]:
    """Drills of this campaign that still ask this organisation's desk."""
    asked = DrillProbe.objects.filter(drill__campaign=recipient.campaign_id, organisation=recipient.organisation_id)
    return asked.filter(kind=DESK, outcome=ProbeOutcome.WAITING).select_related("drill__campaign")


def _assignment(request: HttpRequest, recipient: Recipient) -> Assignment:
    wanted = request.POST.get("assignment", "")
    rows = Assignment.objects.select_related("watch__organisation", "obligation")
    for found in rows.filter(watch=recipient.watch_id, dropped_at=None):
        if str(found.pk) == wanted:
            return found
    raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))


def answering_context(recipient: Recipient) -> dict[str, Any]:
    """What the answering part of a page shows."""
    now = clock.now()
    recipient.refresh_from_db()
    campaign = recipient.campaign
    return {
        "recipient": recipient,
        "campaign": campaign,
        "directive": recipient.directive or campaign.directive,
        "rows": rows_of([recipient], now).get(recipient.pk, []),
        "attachments": recipient.attachments.all(),
        "receipts": recipient.receipts.order_by("-received_at")[:20],
        "stated": [(verdict.value, gettext(verdict.label)) for verdict in STATED],
        "over": campaign.state in ("withdrawn", "closed"),
        "late": campaign.answer_by_at is not None and campaign.answer_by_at < now,
        "drill": _desk_probes(recipient).first(),
        "now": now,
    }
