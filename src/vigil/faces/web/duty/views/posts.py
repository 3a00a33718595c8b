"""Posts and people: where duty is kept, who can keep it, leave and wishes, the address of a post's screen."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.duty.actions.posts import (
    add_leave,
    add_members,
    add_wish,
    retire_member,
    retire_post,
    save_member,
    save_post,
    withdraw_leave,
    withdraw_wish,
)
from vigil.domain.duty.actions.presence import end_screen, new_screen
from vigil.domain.duty.models import Leave, Member, Post, Screen, Wish
from vigil.domain.organisations.models import Person
from vigil.faces.web.duty.forms import AwayForm, MemberForm, PostForm
from vigil.faces.web.duty.said import key_or_none
from vigil.faces.web.duty.views.roster import PLAN, planned
from vigil.faces.web.lists.editing import form_page, saved, tried
from vigil.faces.web.scoping import actor_of, demanded, one_of
from vigil.kernel import clock


def _post(request: HttpRequest, pk: str) -> Post:
    post = one_of(request, Post.objects.filter(retired_at=None).select_related("organisation"), pk)
    demanded(request, PLAN, post.organisation)
    return post


@login_required
@require_http_methods(["GET", "POST"])
def post_new(request: HttpRequest, pk: str) -> HttpResponse:
    """Another post for the watch's organisation."""
    watch = planned(request, pk)
    return _post_page(request, Post(organisation=watch.organisation), gettext("New post"), reverse("roster", args=[pk]))


@login_required
@require_http_methods(["GET", "POST"])
def post_edit(request: HttpRequest, pk: str) -> HttpResponse:
    """Change a post."""
    post = _post(request, pk)
    back = request.GET.get("watch", "")
    where = reverse("roster", args=[back]) if _is_watch_of(back, post) else _people_page(post)
    return _post_page(request, post, gettext("Change {name}").format(name=post.name), where)


def _is_watch_of(said: str, post: Post) -> bool:
    return any(str(pk) == said for pk in post.organisation.watches.values_list("pk", flat=True))


def _watch(of: Post | Member) -> object:
    """The latest watch of the organisation; None where it has none."""
    return of.organisation.watches.order_by("-starts_at").values_list("pk", flat=True).first()


def _people_page(of: Post | Member) -> str:
    watch = _watch(of)
    return reverse("duty_people", args=[watch]) if watch else reverse("people")


def _post_page(request: HttpRequest, post: Post, title: str, back: str) -> HttpResponse:
    form = PostForm(request.POST or None, instance=post)
    if request.method == "POST" and saved(
        form, lambda: save_post(post=form.instance, actor=actor_of(request), now=clock.now())
    ):
        messages.success(request, gettext("Kept. Plan the roster anew so that it follows."))
        return redirect(back)
    return form_page(request, form, title=title, back=back, intro=post.organisation.name)


@login_required
@require_POST
def post_retire(request: HttpRequest, pk: str) -> HttpResponse:
    """The post is kept no longer."""
    post = _post(request, pk)
    watch = _watch(post)
    tried(
        request, lambda: retire_post(post=post, actor=actor_of(request), now=clock.now()),
        gettext("Taken out. Plan the roster anew so that it follows."),
    )  # fmt: skip
    return redirect("roster", pk=watch) if watch else redirect("people")


@login_required
@require_POST
def screen_new(request: HttpRequest, pk: str) -> HttpResponse:
    """A new address for the post's screen, shown once."""
    post = _post(request, pk)
    _, token = new_screen(post=post, actor=actor_of(request), now=clock.now())
    address = request.build_absolute_uri(reverse("screen", args=[token]))
    return render(request, "duty/screen_made.html", {"post": post, "address": address, "watch": _watch(post)})


@login_required
@require_POST
def screen_end(request: HttpRequest, pk: str) -> HttpResponse:
    """The screen's address opens no longer."""
    screen = one_of(request, Screen.objects.select_related("post__organisation"), pk, by="post__organisation")
    demanded(request, PLAN, screen.post.organisation)
    end_screen(screen=screen, actor=actor_of(request), now=clock.now())
    return redirect(_people_page(screen.post))


@login_required
@require_GET
def people(request: HttpRequest, pk: str) -> HttpResponse:
    """Who stands duty, with skills, leave and what they stood before; the posts and their screens."""
    watch = planned(request, pk)
    organisation = watch.organisation
    members = Member.objects.filter(organisation=organisation, retired_at=None, person__left_at=None)
    members = members.select_related("person").prefetch_related("person__leave", "person__duty_wishes")
    listed = [
        {
            "member": member,
            "leave": [one for one in member.person.leave.all() if one.withdrawn_at is None],
            "wishes": [one for one in member.person.duty_wishes.all() if one.withdrawn_at is None],
        }
        for member in members
    ]
    known = {member.person_id for member in members}
    others = Person.objects.filter(organisation=organisation, left_at=None).exclude(pk__in=known)
    context = {
        "watch": watch,
        "members": listed,
        "others": others[:200],
        "posts": Post.objects.filter(organisation=organisation, retired_at=None, provider=None),
        "screens": Screen.objects.filter(post__organisation=organisation, revoked_at=None).select_related("post"),
    }
    return render(request, "duty/people.html", context)


@login_required
@require_POST
def people_add(request: HttpRequest, pk: str) -> HttpResponse:
    """Chosen people stand duty from now on."""
    watch = planned(request, pk)
    wanted = [key for key in map(key_or_none, request.POST.getlist("people")[:500]) if key]
    chosen = Person.objects.filter(organisation=watch.organisation, left_at=None, pk__in=wanted)
    count = add_members(organisation=watch.organisation, people=list(chosen), actor=actor_of(request), now=clock.now())
    messages.success(request, gettext("{n} added.").format(n=count))
    return redirect("duty_people", pk=pk)


def _member(request: HttpRequest, pk: str) -> Member:
    member = one_of(request, Member.objects.filter(retired_at=None).select_related("organisation", "person"), pk)
    demanded(request, PLAN, member.organisation)
    return member


@login_required
@require_http_methods(["GET", "POST"])
def member_edit(request: HttpRequest, pk: str) -> HttpResponse:
    """Skills, whether they may lead, first and last day, what is carried over."""
    member = _member(request, pk)
    form = MemberForm(request.POST or None, instance=member)
    carried = {"carried_nights", "carried_holidays", "carried_hours"}

    def save() -> None:
        if carried & set(form.changed_data):
            form.instance.carried_at = clock.now()
        save_member(member=form.instance, actor=actor_of(request), now=clock.now())

    if request.method == "POST" and saved(form, save):
        return redirect(_people_page(member))
    return form_page(request, form, title=member.person.name, back=_people_page(member), intro=member.organisation.name)


@login_required
@require_POST
def member_retire(request: HttpRequest, pk: str) -> HttpResponse:
    """Stands no longer; what is planned stays until somebody changes it."""
    member = _member(request, pk)
    retire_member(member=member, actor=actor_of(request), now=clock.now())
    return redirect(_people_page(member))


@login_required
@require_http_methods(["GET", "POST"])
def away_new(request: HttpRequest, pk: str) -> HttpResponse:
    """Leave, or a wish, of somebody who stands duty."""
    member = _member(request, pk)
    form = AwayForm(request.POST or None)

    def save() -> None:
        said = form.cleaned_data
        span = {
            "starts_at": said["starts_at"],
            "ends_at": said["ends_at"],
            "actor": actor_of(request),
            "now": clock.now(),
        }
        with transaction.atomic():
            if said["kind"] == "leave":
                add_leave(person=member.person, reason=said["reason"], **span)
            else:
                add_wish(person=member.person, avoid=said["kind"] == "avoid", weight=1, **span)

    if request.method == "POST" and saved(form, save):
        return redirect(_people_page(member))
    title = gettext("Leave or wish of {name}").format(name=member.person.name)
    return form_page(request, form, title=title, back=_people_page(member), intro=member.organisation.name)


@login_required
@require_POST
def away_end(request: HttpRequest, pk: str, kind: str) -> HttpResponse:
    """A leave or a wish is taken back."""
    if kind == "leave":
        leave = one_of(request, Leave.objects.select_related("organisation"), pk)
        demanded(request, PLAN, leave.organisation)
        withdraw_leave(leave=leave, actor=actor_of(request), now=clock.now())
        person = leave.person_id
    else:
        wish = one_of(request, Wish.objects.select_related("organisation"), pk)
        demanded(request, PLAN, wish.organisation)
        withdraw_wish(wish=wish, actor=actor_of(request), now=clock.now())
        person = wish.person_id
    member = Member.objects.filter(person=person).select_related("organisation").first()
    return redirect(_people_page(member) if member else reverse("people"))
