"""`vigil campaign`: send a directive to organisations, see how it stands, answer what was received; no browser."""

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from vigil.faces.cli.terms import cli_actor, print_json, start_django, translator

if TYPE_CHECKING:
    from vigil.domain.directives.models import Campaign, Recipient


@click.group()
def campaign() -> None:
    """Campaigns: send, look, answer."""


@campaign.command()
@click.argument("directive")
@click.option("--answer-within-h", type=float, help="Hours in which an answer is asked for; else none is.")
@click.option("--exercise", is_flag=True, help="An exercise: every page, message and document says so.")
@click.option("--yes", is_flag=True, help="Send without asking; else whom it goes to is shown first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def send(directive: str, answer_within_h: float | None, exercise: bool, yes: bool, as_json: bool) -> None:
    """Send the confirmed DIRECTIVE (identifier or number) to the audiences that it names itself."""
    start_django()
    from vigil.domain.directives.actions.campaigns import choose, draft_campaign, send_campaign
    from vigil.domain.directives.models import Directive
    from vigil.kernel import clock
    from vigil.kernel.errors import NotFound
    from vigil.kernel.phrases import N_

    rows = Directive.objects.filter(state="confirmed")
    found = rows.filter(pk=directive).first() if _is_uuid(directive) else rows.filter(number=directive).first()
    if found is None:
        raise NotFound("directive.none", N_("There is no confirmed directive {wanted}."), wanted=directive)
    actor, now = cli_actor(), clock.now()
    made = draft_campaign(directive=found, exercise=exercise, actor=actor, now=now)
    chosen = choose(
        campaign=made,
        audiences=made.audiences,
        picked=(),
        answer_by_at=now + timedelta(hours=answer_within_h) if answer_within_h else None,
        exercise=exercise,
        rules=None,
        actor=actor,
        now=now,
    )
    if not as_json:
        for line in chosen.lines:
            click.echo(f"{line.role:4}  {line.code:10}  {line.members:5}", err=True)
    question = translator()("Send it to {n} organisations?").format(n=len(chosen.members))
    if not yes and not click.confirm(question):
        sys.exit(1)
    sent = send_campaign(campaign=made, actor=actor, now=clock.now())
    print_json(_facts(sent)) if as_json else click.echo(str(sent.pk))


@campaign.command()
@click.argument("wanted", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(wanted: str | None, as_json: bool) -> None:
    """How campaign WANTED (else each in force) stands. Exit 1 while somebody has not answered."""
    start_django()
    from vigil.domain.directives.models import Campaign

    rows = Campaign.objects.exclude(organisation=None).select_related("organisation", "directive")
    found = list(rows.filter(pk=wanted) if wanted and _is_uuid(wanted) else rows.filter(state="sent"))
    facts = [_facts(one) for one in found]
    if as_json:
        print_json(facts)
    for one in facts if not as_json else []:
        click.echo(f"{one['campaign']}  {one['title']}")
        for recipient in one["recipients"]:
            told = " ".join(f"{code}={verdict}" for code, verdict in recipient["verdicts"].items())
            click.echo(f"  {recipient['state']:9}  {recipient['home']:5}  {recipient['organisation']}  {told}")
    sys.exit(1 if any(one["unanswered"] for one in facts) else 0)


@campaign.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def received(as_json: bool) -> None:
    """What was sent to the organisations at home here."""
    start_django()
    from vigil.domain.directives.models import Recipient

    rows = Recipient.objects.filter(home="here").exclude(state="not_sent")
    facts = [
        {
            "id": str(row.pk),
            "organisation": row.organisation.name,
            "sender": row.campaign.sender_name,
            "number": row.campaign.directive.number,
            "subject": row.campaign.directive.subject,
            "state": row.state,
        }
        for row in rows.select_related("organisation", "campaign__organisation", "campaign__directive")
    ]
    if as_json:
        print_json(facts)
    for one in facts if not as_json else []:
        click.echo(f"{one['id']}  {one['state']:9}  {one['sender']} → {one['organisation']}  {one['number']}")


@campaign.command()
@click.argument("recipient")
@click.argument("kind", type=click.Choice(["read", "accepted", "refused"]))
@click.option("--by", required=True, help="Who answers: name and title.")
@click.option("--reason", default="", help="Why it is refused.")
def answer(recipient: str, kind: str, by: str, reason: str) -> None:
    """Answer what was received (RECIPIENT as `vigil campaign received` names it)."""
    start_django()
    from vigil.domain.flows.answers import answer as act
    from vigil.kernel import clock
    from vigil.kernel.proofs import Basis

    found = _received(recipient)
    act(recipient=found, kind=kind, by=by, reason=reason, basis=Basis.MEASURED, actor=cli_actor(), now=clock.now())


@campaign.command()
@click.argument("recipient")
@click.option("--yes", is_flag=True, help="Send without asking.")
def relay(recipient: str, yes: bool) -> None:
    """Send what was received on to those directly below; prints the relayed campaign."""
    start_django()
    from vigil.domain.directives.actions.campaigns import choose, draft_campaign, send_campaign
    from vigil.kernel import clock

    found, actor, now = _received(recipient), cli_actor(), clock.now()
    directive = found.directive or found.campaign.directive
    made = draft_campaign(directive=directive, relays=found, actor=actor, now=now)
    chosen = choose(
        campaign=made,
        audiences=made.audiences,
        picked=(),
        answer_by_at=made.answer_by_at,
        exercise=made.exercise,
        rules=None,
        actor=actor,
        now=now,
    )
    question = translator()("Send it to {n} organisations?").format(n=len(chosen.members))
    if not yes and not click.confirm(question):
        sys.exit(1)
    click.echo(str(send_campaign(campaign=made, actor=actor, now=clock.now()).pk))


def _received(wanted: str) -> "Recipient":
    from vigil.domain.directives.models import Recipient
    from vigil.kernel.errors import NotFound
    from vigil.kernel.phrases import N_

    rows = Recipient.objects.filter(home="here").select_related("campaign__directive", "organisation", "watch")
    found = rows.filter(pk=wanted).first() if _is_uuid(wanted) else None
    if found is None:
        raise NotFound("campaign.none_received", N_("Nothing was received under {wanted}."), wanted=wanted)
    return found


def _facts(found: "Campaign") -> dict[str, Any]:
    from vigil.domain.directives.models import RecipientState
    from vigil.domain.readiness.campaigns import rows_of
    from vigil.kernel import clock

    recipients = list(found.recipients.select_related("organisation").order_by("organisation__name"))
    boards = rows_of(recipients, clock.now())
    answered = (RecipientState.ACCEPTED, RecipientState.REFUSED)
    return {
        "campaign": str(found.pk),
        "title": found.title,
        "state": found.state,
        "unanswered": sum(r.role == "task" and r.state not in answered for r in recipients),
        "recipients": [
            {
                "recipient": str(r.pk),
                "organisation": r.organisation.name,
                "code": r.organisation.code,
                "home": r.home,
                "role": r.role,
                "state": r.state,
                "why": r.send_error or r.reason,
                "verdicts": {row.assignment.obligation.code: row.verdict.value for row in boards.get(r.pk, [])},
                "bases": {row.assignment.obligation.code: row.basis.value for row in boards.get(r.pk, [])},
                "relayed": {line.name: line.state for line in r.relayed.all()},
            }
            for r in recipients
        ],
    }


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
