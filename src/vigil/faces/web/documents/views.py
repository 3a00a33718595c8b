"""Downloads of official documents. Writing one changes nothing but the journal, so a viewer may."""

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from vigil.adapters.documents.writing import OfficialDocument
from vigil.domain.directives.models import Directive, Watch
from vigil.domain.flows.documents import dispatch_of, plan_of, report_of, request_to_provider, written
from vigil.domain.organisations.models import Organisation, ProviderLink
from vigil.faces.web.scoping import actor_of, one_of
from vigil.kernel import clock


def _watches() -> QuerySet[Watch]:
    return Watch.objects.select_related("organisation__parent", "directive__dispatch")


@login_required
@require_GET
def plan(request: HttpRequest, pk: str, form: str) -> HttpResponse:
    """The plan of a watch."""
    watch = one_of(request, _watches(), pk)
    return _file(request, plan_of(watch, clock.now()), "plan", form, f"directives.watch:{watch.pk}", watch.organisation)


@login_required
@require_GET
def report(request: HttpRequest, pk: str, form: str) -> HttpResponse:
    """The report of a watch as of now."""
    watch = one_of(request, _watches(), pk)
    document = report_of(watch, clock.now())
    return _file(request, document, "report", form, f"directives.watch:{watch.pk}", watch.organisation)


@login_required
@require_GET
def request_(request: HttpRequest, pk: str, link: str, form: str) -> HttpResponse:
    """The request to one provider over a watch."""
    watch = one_of(request, _watches(), pk)
    tie = one_of(request, ProviderLink.objects.select_related("provider"), link)
    document = request_to_provider(tie, watch, clock.now())
    return _file(request, document, "request", form, f"directives.watch:{watch.pk}", watch.organisation)


@login_required
@require_GET
def dispatch(request: HttpRequest, pk: str, form: str) -> HttpResponse:
    """A directive written out in the form of the decree."""
    directive = one_of(request, Directive.objects.select_related("organisation", "dispatch"), pk)
    document = dispatch_of(directive, clock.now())
    return _file(request, document, "dispatch", form, f"directives.directive:{directive.pk}", directive.organisation)


def _file(
    request: HttpRequest, document: OfficialDocument, what: str, form: str, subject: str, owner: Organisation
) -> HttpResponse:
    made = written(
        document=document,
        what=what,
        form=form,
        subject=subject,
        organisation=owner.pk,
        actor=actor_of(request),
        now=clock.now(),
    )
    disposition = content_disposition_header(True, made.filename) or "attachment"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return HttpResponse(made.data, content_type=made.media_type, headers=headers)
