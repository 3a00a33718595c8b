"""An organisation's own rules: written with what is wrong shown by line, tested against stored events, retired."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from vigil.adapters.event_search import as_rule, parse
from vigil.domain.detection.actions.hunts import ask_hunt
from vigil.domain.detection.actions.own_rules import (
    Fault,
    faults_of,
    own_rule_tested,
    retire_own_rule,
    save_own_rule,
)
from vigil.domain.detection.models import HuntState, Origin, RetroHunt, Rule
from vigil.domain.detection.titles import title_of_rule, told
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.detection.rules import rule_of, shown
from vigil.faces.web.detection.sight import MANAGE, choices, not_there, one_seen, speaking_for
from vigil.faces.web.scoping import actor_of, demanded
from vigil.kernel import clock
from vigil.kernel.errors import VigilError

MOST_DAYS: Final = 365
_SAMPLE: Final = """title: 
status: experimental
level: medium
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: '\\\\'
  condition: selection
tags:
  - attack.t1059
"""  # noqa: W291 - the cursor stands where the title is missing


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write a rule."""
    owner = speaking_for(request)
    demanded(request, MANAGE, owner)
    return _written(request, owner, None)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: str) -> HttpResponse:
    """Change a rule of one's own."""
    found, owner = rule_of(request, pk)
    if found.origin != Origin.OWN:
        raise not_there()
    demanded(request, MANAGE, owner)
    return _written(request, owner, found)


def _written(request: HttpRequest, owner: Organisation, rule: Rule | None) -> HttpResponse:
    text = request.POST.get("text", rule.text if rule else _begun(request))[:200_000]
    faults: list[Fault] = []
    error = None
    if request.method == "POST":
        faults = faults_of(text, owner)
        if not faults:
            try:
                kept = save_own_rule(organisation=owner, text=text, rule=rule, actor=actor_of(request), now=clock.now())
            except VigilError as refused:
                error = refused
            else:
                messages.success(request, gettext("Kept. Test it against stored events, then switch it on."))
                return redirect("rule", pk=kept.pk)
    marked = {fault.line for fault in faults}
    lines = [{"number": n, "text": line, "bad": n in marked} for n, line in enumerate(text.splitlines(), 1)]
    context: dict[str, Any] = {
        "owner": owner,
        "rule": rule,
        "text": text,
        "faults": faults,
        "lines": lines if faults else [],
        "error": error,
        "organisations": choices(request, MANAGE) if rule is None else [],
    }
    return render(request, "detection/own_rule.html", context, status=error.status if error else 422 if faults else 200)


def _begun(request: HttpRequest) -> str:
    """What a search becomes as a rule, where one led here; else a sample."""
    log = {name: request.GET.get(name, "")[:60] for name in ("product", "category", "service")}
    try:
        return as_rule(parse(request.GET.get("query", "")), **log) or _SAMPLE
    except VigilError:
        return _SAMPLE


@login_required
@require_POST
def test(request: HttpRequest, pk: str) -> HttpResponse:
    """Look for the rule in what was stored; alerts come of none of it."""
    found, owner = rule_of(request, pk)
    demanded(request, MANAGE, owner)
    text, now = request.POST.get("days", "7"), clock.now()
    days = min(MOST_DAYS, max(1, int(text))) if text.isdecimal() and len(text) < 6 else 7
    try:
        ask_hunt(
            organisation=owner,
            title=gettext("Test: %(title)s") % {"title": told(title_of_rule(found), gettext)},
            rules=[found.pk],
            lists=[],
            test=True,
            since=now - timedelta(days=days),
            until=now,
            actor=actor_of(request),
            now=now,
        )
    except VigilError as error:
        return shown(request, found, owner, error)
    return redirect(f"{reverse('rule', args=[pk])}?organisation={owner.pk}")


@login_required
@require_POST
def judge(request: HttpRequest, pk: str, hunt: str) -> HttpResponse:
    """What the test found is what was meant: the rule may be switched on."""
    found, owner = rule_of(request, pk)
    demanded(request, MANAGE, owner)
    done = one_seen(request, RetroHunt.objects.filter(organisation=owner, state=HuntState.DONE, test=True), hunt)
    if done.rules != [str(found.pk)] or done.asked_at < found.changed_at or found.origin != Origin.OWN:
        raise not_there()
    result = {
        "hunt": str(done.pk), "events": done.events, "found": done.found, "days": done.result.get("days", {}),
        "limited": bool(done.result.get("limited")),
    }  # fmt: skip
    try:
        own_rule_tested(rule=found, sha256=found.sha256, result=result, actor=actor_of(request), now=clock.now())
    except VigilError as error:
        return shown(request, found, owner, error)
    messages.success(request, gettext("Noted. It can be switched on now."))
    return redirect("rule", pk=pk)


@login_required
@require_POST
def retire(request: HttpRequest, pk: str) -> HttpResponse:
    """It runs no more."""
    found, owner = rule_of(request, pk)
    if found.origin != Origin.OWN:
        raise not_there()
    demanded(request, MANAGE, owner)
    retire_own_rule(rule=found, actor=actor_of(request), now=clock.now())
    messages.success(request, gettext("It runs no more; its alerts stay."))
    return redirect("rules")
