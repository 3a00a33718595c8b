"""What a page says to a person, in that person's language, as one SMS where need be; queued, withdrawn."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext, override

from vigil.adapters.notifiers.channels import Channel
from vigil.domain.organisations.models import Person
from vigil.domain.outbox.actions import queue, withdraw
from vigil.domain.outbox.models import Message
from vigil.domain.paging.channels import channels
from vigil.domain.paging.keys import key_for
from vigil.domain.paging.models import Page, PageAttempt, PageStep, Route
from vigil.kernel.clock import VIETNAM
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.sms import for_sms

FAILOVER = timedelta(seconds=60)
EXERCISE = N_("EXERCISE")
TAKEN_BY = N_("Taken by {name}: {title}")
STILL_OPEN = N_("Not done yet: {title}")


def about(page: Page) -> str:
    """The outbox's word for every message of a page."""
    return f"paging.page:{page.pk}"


def attempt(
    *, page: Page, step: PageStep, person: Person, channel: str, address: str, route: Route | None, position: int,
    now: datetime,
) -> PageAttempt:  # fmt: skip
    """Queue the page to a person by one route, with the link and the code of that person."""
    _, token, code = key_for(page, person, now)
    found = channels().usable.get(channel)
    link = f"{settings.VIGIL_BASE_URL}/p/{token}/"
    title, body = _texts(page, person, found, link, code)
    message = queue(
        address=address, title=title, body=body, now=now, about=about(page), organisation=page.organisation_id,
        channel=channel, urgent=not page.is_test,
    )  # fmt: skip
    wait = FAILOVER if found is None else timedelta(seconds=found.failover_s)
    return PageAttempt.objects.create(
        step=step, person=person, route=route, position=position, channel=channel, address=address, message=message,
        at=now, failover_at=now + wait,
    )  # fmt: skip


def _texts(page: Page, person: Person, channel: Channel | None, link: str, code: str) -> tuple[str, str]:
    with override(person.language):
        title = " ".join(_marked(page, page.title_phrase.said(gettext)).split())  # a subject is one line
        if channel is not None and channel.sms:
            return "", _as_sms(title, code, link)
        lines = [
            _marked(page, page.title_phrase.said(gettext)),
            "",
            page.body_phrase.said(gettext),
            "",
            gettext("Raised at {at}, {organisation}").format(
                at=f"{page.raised_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}", organisation=page.organisation.name
            ),
            "",
            gettext("To take it, or to say that you cannot, open:"),
            link,
            gettext("or enter this code at {address}, or read it to the watch lead: {code}").format(
                address=f"{settings.VIGIL_BASE_URL}/p/", code=code
            ),
        ]
        if page.exercise:
            lines.insert(0, gettext("This is an exercise."))
        return f"[Vigil] {title}"[:300], "\n".join(lines) + "\n"


def _as_sms(title: str, code: str, link: str) -> str:
    words = gettext("Code")
    with suppress(ValueError):
        return for_sms(f"VIGIL: {title}.", f"{words} {code} {link}")
    return for_sms(f"VIGIL: {title}.", f"{words} {code}")  # the address of this Vigil alone is too long for an SMS


def _marked(page: Page, text: str) -> str:
    return f"[{gettext(EXERCISE)}] {text}" if page.exercise else text


def tell(page: Page, person: Person, channel: str, address: str, wording: str, now: datetime, **values: object) -> None:
    """Queue a short notice about the page that asks for nothing."""
    found = channels().usable.get(channel)
    with override(person.language):
        said = _marked(page, Phrase(wording, {**values, "title": page.title_phrase}).said(gettext))
        sms = found is not None and found.sms
        title = "" if sms else f"[Vigil] {' '.join(said.split())}"[:300]
        text = for_sms(f"VIGIL: {said}.") if sms else said + "\n"
    queue(
        address=address, title=title, body=text, now=now, about=about(page), organisation=page.organisation_id,
        channel=channel, urgent=True,
    )  # fmt: skip


def tell_others(page: Page, taker: Person | None, name: str, now: datetime) -> int:
    """Everybody else who was paged learns that it is taken: each once, by the route that reached them last."""
    asked = (
        PageAttempt.objects.filter(step__page=page).exclude(state__in=("failed", "withdrawn")).select_related("person")
    )
    last: dict[object, PageAttempt] = {}
    for row in asked.order_by("at", "id"):
        last[row.person_id] = row
    told = [row for key, row in last.items() if taker is None or key != taker.pk]
    for row in told:
        tell(page, row.person, row.channel, row.address, TAKEN_BY, now, name=name)
    return len(told)


def withdraw_waiting(page: Page, now: datetime) -> int:
    """What asks for somebody and has not left yet need not leave."""
    waiting = PageAttempt.objects.filter(step__page=page, settled=False)
    gone = withdraw(messages=Message.objects.filter(page_attempt__in=waiting))
    for row in waiting.filter(message__in=gone):
        PageAttempt.objects.filter(pk=row.pk).update(state="withdrawn", settled=True)
    return len(gone)


def title_of(page: Page) -> Phrase:
    """The title, marked as an exercise where it is one."""
    if page.exercise:
        return phrase(N_("[EXERCISE] {title}"), title=page.title_phrase)
    return page.title_phrase
