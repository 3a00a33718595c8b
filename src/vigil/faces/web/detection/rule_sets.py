"""A rule set handed in as a release archive: what it would change is shown first, and then applied, for everybody."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from vigil.adapters.sigma_rules.archives import archive_texts
from vigil.domain.detection import titles
from vigil.domain.detection.actions.hunts import MOST_RULES
from vigil.domain.detection.actions.rules import import_read, would_change
from vigil.domain.detection.differences import Difference
from vigil.domain.detection.models import Level, Origin, Rule
from vigil.domain.detection.queries import rules_for
from vigil.domain.detection.rule_files import ReadRule, read_rules
from vigil.domain.detection.staged import stage, staged, unstage
from vigil.faces.web.detection.hunts import looked_back
from vigil.faces.web.detection.sight import MANAGE, usual_organisation
from vigil.faces.web.scoping import actor_of, demanded
from vigil.faces.web.uploads import uploaded
from vigil.kernel import clock
from vigil.kernel.errors import Refused, VigilError
from vigil.kernel.phrases import N_

RULES: Final = "detection.rules"
_MOST_SHOWN: Final = 100


@login_required
@require_http_methods(["GET", "POST"])
def import_set(request: HttpRequest) -> HttpResponse:
    """Hand in an archive, see what it would change, apply it."""
    demanded(request, RULES, None)
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            if "staged" in request.POST:
                return _applied(request, request.POST["staged"])
            context = _preview(request)
        except VigilError as refused:
            return render(request, "detection/rule_set.html", {"error": refused}, status=refused.status)
    return render(request, "detection/rule_set.html", context)


def _preview(request: HttpRequest) -> dict[str, Any]:
    data, name = uploaded(request, "file")
    try:
        texts = archive_texts(data)
    except ValueError as error:
        raise Refused("rules.archive", N_("The archive cannot be read: {why}"), why=str(error)) from error
    if not texts:
        raise Refused("rules.none", N_("There is no rule in what was given; nothing was changed."))
    read = read_rules(texts)
    found = would_change(read, Origin.SIGMAHQ)
    return {
        "filename": name[:200],
        "staged": stage(read, clock.now()) if found.anything else "",
        "found": found,
        "shown": _shown(found),
        "most": _MOST_SHOWN,
    }


def _shown(found: Difference) -> dict[str, list[dict[str, str]]]:
    """The first of each kind."""
    return {
        "added": [_one(one) for one in found.added[:_MOST_SHOWN]],
        "changed": [{**_one(one), "what": _what(rule, one)} for rule, one in found.changed[:_MOST_SHOWN]],
        "gone": [{"title": one.title, "name": one.name, "level": one.level} for one in found.gone[:_MOST_SHOWN]],
        "unusable": [_one(one) for one in found.unusable[:_MOST_SHOWN]],
        "left": [_one(one) for one in found.left[:_MOST_SHOWN]],
    }


def _one(one: ReadRule) -> dict[str, str]:
    return {"title": one.title, "name": one.name, "level": one.level, "why": one.unusable}


def _what(rule: Rule, one: ReadRule) -> str:
    """What of it changes, as far as a reader must know."""
    parts = []
    if rule.retired_at is not None:
        parts.append(gettext("it comes back"))
    if rule.level != one.level:
        parts.append(f"{Level(rule.level).label} → {Level(one.level).label}")
    if rule.title != one.title:
        parts.append(f"“{titles.told(titles.title_of_rule(rule), gettext)}”")
    if rule.unusable and not one.unusable:
        parts.append(gettext("it can run now"))
    if rule.sha256 != one.sha256 and not parts:
        parts.append(gettext("its text"))
    return ", ".join(parts)


def _applied(request: HttpRequest, digest: str) -> HttpResponse:
    now = clock.now()
    done = import_read(read=staged(digest), origin=Origin.SIGMAHQ, actor=actor_of(request), now=now)
    unstage(digest)
    told = gettext("%(added)s rules are new, %(changed)s changed, %(retired)s retired; %(unusable)s cannot run.")
    messages.success(
        request,
        told % {"added": done.added, "changed": done.changed, "retired": done.retired, "unusable": done.unusable},
    )
    owner, days = usual_organisation(request, MANAGE), request.POST.get("days", "0")
    if owner is None or not days.isdecimal() or len(days) > 3 or not int(days):
        return redirect("rules")
    arrived = rules_for(owner.pk, now).filter(changed_at=now).values_list("pk", flat=True)
    return looked_back(request, owner, gettext("New rules"), int(days), rules=list(arrived[:MOST_RULES]))
