"""The list of links, one link, and making one on either side with the comparison of both screens."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import organisations_for, permitted
from vigil.domain.exchange.actions import enrolment
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import (
    Link,
    LinkSample,
    Outgoing,
    OutgoingState,
    Peer,
    PeerSide,
    PeerState,
    Quarantined,
    WitnessedHead,
)
from vigil.domain.exchange.queries.links import is_up, links_of, longest_delay_s, queue_of, uptime
from vigil.domain.journal.models import Entry
from vigil.faces.web.exchange.forms import CodeForm, EnrolForm
from vigil.faces.web.journal.sentences import sentence_of
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped, user_of
from vigil.kernel import clock
from vigil.kernel.errors import NotFound, VigilError
from vigil.kernel.phrases import N_, Phrase
from vigil.workers.joining import enrol_at

MANAGE = "exchange.manage"
_HISTORY = (
    "exchange.outage_began",
    "exchange.outage_ended",
    "exchange.restored_noticed",
    "exchange.clock_off",
    "exchange.journal_forked",
    "exchange.journal_shortened",
    "exchange.key_replaced",
    "exchange.withheld",
    "exchange.linked",
    "exchange.revoked",
    "exchange.revoked_there",
)


@login_required
@require_GET
def links(request: HttpRequest) -> HttpResponse:
    """Every link of the organisations that one may see; cut ones first, 50 a page."""
    now = clock.now()
    found = links_of(scoped(request, Peer.objects.all())).order_by("-outage_since", "peer__name")
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    context = {
        "rows": [_row(link, now) for link in page.object_list],
        "page": page,
        "may_manage": organisations_for(user_of(request), MANAGE).exists(),
    }
    return render(request, "exchange/links.html", context)


def _row(link: Link, now: Any) -> dict[str, Any]:
    queue = queue_of(link)
    return {
        "link": link,
        "peer": link.peer,
        "up": is_up(link, now),
        "age_s": round((now - link.beat_at).total_seconds()) if link.beat_at else None,
        "queue": queue,
        "late": queue.oldest_at is not None
        and now - queue.oldest_at > timedelta(seconds=settings.VIGIL_SHARE_WITHIN_S),
        "offset_s": round((link.clock_offset_ms or 0) / 1000),
        "clock_off": abs(link.clock_offset_ms or 0) > 300_000,
        "trouble": Phrase.from_json(link.trouble) if link.trouble else None,
    }


@login_required
@require_GET
@never_cache
def link(request: HttpRequest, pk: str) -> HttpResponse:
    """One link: how it fares, its history, what was put aside, what waits or was refused."""
    peer = one_of(request, Peer.objects.select_related("organisation"), pk)
    held = Link.objects.filter(pk=peer.pk).select_related("peer").first()
    if held is None:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    now = clock.now()
    day = now - timedelta(days=1)
    share = uptime(peer, day, now)
    delay = longest_delay_s(peer, day)
    history = Entry.objects.filter(subject=f"exchange.peer:{peer.pk}", action__in=_HISTORY).order_by("-row")[:30]
    context = {
        **_row(held, now),
        "uptime": f"{share:.1%}"[:-1] if share is not None else "",
        "delay": round(delay) if delay is not None else None,
        "limit": round(settings.VIGIL_SHARE_WITHIN_S),
        "samples": LinkSample.objects.filter(peer=peer, at__gte=day).count(),
        "head": WitnessedHead.objects.filter(peer=peer).order_by("-id").first(),
        "history": [(entry, sentence_of(entry)) for entry in history],
        "aside": [
            (row, Phrase.from_json(row.reason)) for row in Quarantined.objects.filter(peer=peer).order_by("-at")[:50]
        ],
        "waiting": Outgoing.objects.filter(peer=peer, state=OutgoingState.QUEUED).order_by("sequence")[:20],
        "refused": Outgoing.objects.filter(peer=peer, state=OutgoingState.REFUSED).order_by("-settled_at")[:20],
        "may_manage": permitted(user_of(request), MANAGE, peer.organisation),
        "pending": peer.state == PeerState.PENDING,
        "active": peer.state == PeerState.ACTIVE,
        "above": peer.side == PeerSide.ABOVE,
    }
    return render(request, "exchange/link.html", context)


@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def link_code(request: HttpRequest) -> HttpResponse:
    """At the authority: a one-time code, shown this once."""
    may = _managed(request)
    form, code, status = CodeForm(request.POST or None, organisations=may), "", 200
    if request.method == "POST":
        if form.is_valid():
            code = enrolment.make_code(
                organisation=form.cleaned_data["organisation"], actor=actor_of(request), now=clock.now()
            )
        else:
            status = 422
    return render(request, "exchange/code.html", {"form": form, "code": code}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def link_enrol(request: HttpRequest) -> HttpResponse:
    """At the organisation: the authority's address and its code."""
    form, status = EnrolForm(request.POST or None, organisations=_managed(request)), 200
    if request.method == "POST":
        if form.is_valid():
            try:
                peer = enrol_at(
                    url=form.cleaned_data["url"],
                    code=form.cleaned_data["code"],
                    organisation=form.cleaned_data["organisation"],
                    keyring=Keyring(settings.VIGIL_KEYS),
                    actor=actor_of(request),
                    now=clock.now(),
                    ca=settings.VIGIL_EXCHANGE_CA,
                )
            except VigilError as error:
                form.add_error(None, error.phrase.said(gettext))
            else:
                return redirect("link", pk=peer.pk)
        status = 422
    return render(request, "exchange/enrol.html", {"form": form}, status=status)


def _managed(request: HttpRequest) -> Any:
    """The organisations whose links one manages. Raises: NotAllowed when there is none."""
    may = organisations_for(user_of(request), MANAGE)
    if not may.exists():
        demanded(request, MANAGE, None)
    return may


def _mine(request: HttpRequest, pk: str) -> Peer:
    peer = one_of(request, Peer.objects.select_related("organisation"), pk)
    demanded(request, MANAGE, peer.organisation)
    return peer


@login_required
@require_POST
def link_confirm(request: HttpRequest, pk: str) -> HttpResponse:
    """The two screens show the same."""
    peer = _below(_mine(request, pk))
    enrolment.confirm_match(peer=peer, actor=actor_of(request), now=clock.now())
    messages.success(request, gettext("Linked. The other side fetches its access by itself."))
    return redirect("link", pk=peer.pk)


@login_required
@require_POST
def link_deny(request: HttpRequest, pk: str) -> HttpResponse:
    """The two screens differ."""
    peer = _below(_mine(request, pk))
    enrolment.deny_match(peer=peer, keyring=Keyring(settings.VIGIL_KEYS), actor=actor_of(request), now=clock.now())
    messages.warning(request, gettext("Not linked. Make a new code, and find out who used the first."))
    return redirect("link", pk=peer.pk)


def _below(peer: Peer) -> Peer:
    """Only the authority confirms. Raises: NotFound."""
    if peer.side != PeerSide.BELOW:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    return peer


@login_required
@require_POST
def link_rotate(request: HttpRequest, pk: str) -> HttpResponse:
    """Change our key for this link; the next heartbeat carries it out."""
    peer = _mine(request, pk)
    if peer.state == PeerState.ACTIVE:
        Keyring(settings.VIGIL_KEYS).make_next(peer.pk)
        messages.success(request, gettext("The key will change with the next heartbeat."))
    return redirect("link", pk=peer.pk)


@login_required
@require_POST
def link_revoke(request: HttpRequest, pk: str) -> HttpResponse:
    """End the link."""
    peer = _mine(request, pk)
    enrolment.revoke(peer=peer, actor=actor_of(request), now=clock.now(), why=request.POST.get("why", "")[:1000])
    messages.success(request, gettext("The link is ended. From the next request on nothing passes."))
    return redirect("link", pk=peer.pk)
