"""Contact points: filing, changing, retiring, testing."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.organisations.actions.contacts import (
    answer_by_code,
    file_contact_point,
    retire_contact_point,
    start_test,
)
from vigil.domain.organisations.models import ChannelKind, ContactChannel, ContactPoint, ContactTest
from vigil.faces.web.lists.editing import form_page, saved, tried
from vigil.faces.web.lists.owning import owner_of_new
from vigil.faces.web.organisations.forms import CodeForm, ContactForm
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped, user_of
from vigil.kernel import clock
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

EDIT, TEST = "contacts.edit", "contacts.test"


def _points() -> QuerySet[ContactPoint]:
    return ContactPoint.objects.select_related("organisation", "person").prefetch_related("channels")


@login_required
@require_GET
@never_cache
def contact(request: HttpRequest, pk: str) -> HttpResponse:
    """A contact point, its channels and their tests."""
    return _page(request, one_of(request, _points(), pk))


def _page(
    request: HttpRequest,
    found: ContactPoint,
    *,
    code: str = "",
    test: ContactTest | None = None,
    form: CodeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    tests = ContactTest.objects.filter(channel__contact_point=found).select_related("channel")
    tests = scoped(request, tests, by="channel__contact_point__organisation")
    running = tests.filter(answered_at=None, expires_at__gt=now).order_by("-sent_at").first()
    context = {
        "contact": found,
        "channels": found.channels.all(),
        "tests": tests[:20],
        "running": test or running,
        "code": code,
        "code_form": form or CodeForm(),
        "now": now,
        "mail_is_set_up": bool(settings.VIGIL_SMTP_URL),
        "may_edit": permitted(user_of(request), EDIT, found.organisation) and found.retired_at is None,
        "may_test": permitted(user_of(request), TEST, found.organisation) and found.retired_at is None,
        "may_read_journal": permitted(user_of(request), "journal.read", found.organisation),
    }
    return render(request, "organisations/contact.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def contact_new(request: HttpRequest) -> HttpResponse:
    """File a contact point."""
    title = gettext("New contact point")
    owner = owner_of_new(request, EDIT, title=title, back=reverse("contacts"))
    if isinstance(owner, HttpResponse):
        return owner
    return _contact(request, ContactPoint(organisation=owner), title, reverse("contacts"))


@login_required
@require_http_methods(["GET", "POST"])
def contact_edit(request: HttpRequest, pk: str) -> HttpResponse:
    """Change a contact point; a changed number or address must be tested again."""
    found = one_of(request, _points(), pk)
    demanded(request, EDIT, found.organisation)
    return _contact(request, found, gettext("Change {name}").format(name=found.label), reverse("contact", args=[pk]))


def _contact(request: HttpRequest, found: ContactPoint, title: str, back: str) -> HttpResponse:
    form = ContactForm(request.POST or None, instance=found)

    def save() -> None:
        file_contact_point(
            contact_point=form.instance, channels=form.channels(), actor=actor_of(request), now=clock.now()
        )

    if request.method == "POST" and saved(form, save):
        return redirect("contact", pk=form.instance.pk)
    return form_page(request, form, title=title, back=back, intro=found.organisation.name)


@login_required
@require_POST
def contact_retire(request: HttpRequest, pk: str) -> HttpResponse:
    """Take a contact point out of force."""
    found = one_of(request, _points(), pk)
    demanded(request, EDIT, found.organisation)
    tried(
        request,
        lambda: retire_contact_point(contact_point=found, actor=actor_of(request), now=clock.now()),
        gettext("The contact point is retired; its history stays."),
    )
    return redirect("contact", pk=pk)


@login_required
@require_POST
@never_cache
def channel_test(request: HttpRequest, pk: str) -> HttpResponse:
    """Start a test. A telephone's code is shown in this answer alone; a mail carries its own."""
    channels = ContactChannel.objects.select_related("contact_point__organisation")
    found = one_of(request, channels, pk, by="contact_point__organisation")
    point = found.contact_point
    demanded(request, TEST, point.organisation)
    if point.retired_at is not None:
        raise Conflict("contact.already_retired", N_("This contact point was already retired."))
    started = start_test(channel=found, base_url=settings.VIGIL_BASE_URL, actor=actor_of(request), now=clock.now())
    if found.kind != ChannelKind.EMAIL:
        return _page(request, point, code=started.code, test=started.test)
    messages.success(request, gettext("The test is on its way to {address}.").format(address=found.value))
    return redirect("contact", pk=point.pk)


@login_required
@require_POST
@never_cache
def test_code(request: HttpRequest, pk: str) -> HttpResponse:
    """Enter the code that came back over the telephone."""
    tests = ContactTest.objects.select_related("channel__contact_point__organisation")
    found = one_of(request, tests, pk, by="channel__contact_point__organisation")
    point = found.channel.contact_point
    demanded(request, TEST, point.organisation)
    form = CodeForm(request.POST)
    try:
        if form.is_valid():
            answer_by_code(test=found, code=form.cleaned_data["code"], actor=actor_of(request), now=clock.now())
            messages.success(request, gettext("The code is right: the contact point answered."))
            return redirect("contact", pk=point.pk)
    except Refused as error:
        form.add_error("code", error.phrase.said(gettext))
    except Conflict as error:
        messages.error(request, error.phrase.said(gettext))
        return redirect("contact", pk=point.pk)
    return _page(request, point, test=found, form=form, status=422)
