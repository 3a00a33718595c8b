"""One organisation on duty: a published roster of thirty people over five days, by the real actions.

Two posts (one with three a shift), a screen, check-ins, hand-overs given and taken, leave, swaps, relief, a provider
that promised people, pages to whoever is on. It is the second day, so that every page of duty has content.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from vigil.domain.accounts.models import User
from vigil.domain.directives.models import Watch, window_instants
from vigil.domain.duty.actions import handovers, providers, swaps
from vigil.domain.duty.actions.keys import make_key
from vigil.domain.duty.actions.planning import draft, publish
from vigil.domain.duty.actions.posts import add_leave, add_members, add_wish, save_post
from vigil.domain.duty.actions.presence import check_in, new_screen
from vigil.domain.duty.models import DutyRow, DutyShift, HandOver, How, KeyUse, Kind, Member, Post, Roster
from vigil.domain.duty.queries import in_force
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.paging.actions.raising import raise_page
from vigil.domain.readiness.provers import all_open_items
from vigil.kernel.actors import Actor
from vigil.kernel.clock import VIETNAM
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_, phrase

PEOPLE = 30
SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ")


def duty(watch: Watch, provider: Organisation, actor: Actor, now: datetime) -> tuple[dict[str, str], dict[str, str]]:
    """The keys of the cases and the tokens of the doors without an account."""
    owner, today = watch.organisation, now.astimezone(VIETNAM).date()
    watch.starts_at, watch.ends_at = window_instants(today - timedelta(days=1), today + timedelta(days=3))
    watch.state, watch.opened_at = "open", watch.starts_at
    watch.save(update_fields=["starts_at", "ends_at", "state", "opened_at"])
    planned_at = watch.starts_at - timedelta(days=2)
    people, posts = _people(owner, actor, planned_at), _posts(owner, actor, planned_at)
    _away(people, watch, actor, planned_at)
    draft(watch=watch, posts=posts, actor=actor, now=planned_at)
    roster = publish(roster=Roster.objects.get(watch=watch), version=None, actor=actor, now=planned_at)
    screen_token = new_screen(post=posts[0], actor=actor, now=planned_at)[1]
    _provider(watch, provider, actor, planned_at)
    _stood(roster, actor, now)
    taken = _handed_over(posts[0], actor, now)
    current = DutyShift.objects.get(post=posts[0], turn_starts_at__lte=now, ends_at__gt=now)
    one = in_force().filter(shift=current, kind=Kind.ON_SITE)[0]
    person = one.person
    given = _given(current, actor, now)
    future = _swaps(roster, person, actor, now)
    _pages(owner, actor, now)
    User.objects.filter(username="bench-officer").update(person=person)
    tokens = {"screen": screen_token}
    for name, use, whose in (
        ("shifts", KeyUse.SHIFTS, person), ("calendar", KeyUse.CALENDAR, person), ("team", KeyUse.CALENDAR, None),
    ):  # fmt: skip
        tokens[name] = make_key(organisation=owner, person=whose, use=use, actor=actor, now=now)[1]
    keys = {
        "duty_watch": watch, "post": posts[0], "member": Member.objects.get(person=person), "duty_shift": current,
        "duty_row": future, "handover": taken, "handover_given": given, "duty_person": people[-1],
    }  # fmt: skip
    return {name: str(row.pk) for name, row in keys.items()}, tokens


def _people(owner: Organisation, actor: Actor, now: datetime) -> list[Person]:
    people = []
    for number in range(PEOPLE):
        person = Person(organisation=owner, name=f"{SURNAMES[number % 6]} Trực Mẫu {number:02d}",
                        mobile=f"0933 000 {number:03d}", email=f"truc{number}@donvi.example")  # fmt: skip
        save_person(person=person, actor=actor, now=now)
        people.append(person)
    add_members(organisation=owner, people=people, actor=actor, now=now)
    leads = [person.pk for person in people[::3]]
    Member.objects.filter(person__in=leads).update(may_lead=True)
    Member.objects.filter(person=people[0]).update(standing_lead=True)
    return people


def _posts(owner: Organisation, actor: Actor, now: datetime) -> list[Post]:
    posts = [
        Post(organisation=owner, name="Phòng trực Mẫu", place="Tầng 3", phone="024 0000 001", on_site=3, on_call=1,
             leads=1),
        Post(organisation=owner, name="Trung tâm dữ liệu Mẫu", place="Tầng hầm", pattern="12h", on_site=1, leads=0,
             functions=["monitoring", "remediation"]),
    ]  # fmt: skip
    for post in posts:
        save_post(post=post, actor=actor, now=now)
    return posts


def _away(people: Sequence[Person], watch: Watch, actor: Actor, now: datetime) -> None:
    for number, person in enumerate(people[1:9]):
        start = watch.starts_at + timedelta(days=number % 4)
        span = {"starts_at": start, "ends_at": start + timedelta(days=1)}
        if number % 2:
            add_wish(person=person, avoid=number % 4 == 1, weight=2, **span, actor=actor, now=now)
        else:
            add_leave(person=person, reason="Nghỉ phép", **span, actor=actor, now=now)


def _provider(watch: Watch, provider: Organisation, actor: Actor, now: datetime) -> None:
    request = providers.ask(watch=watch, provider=provider, functions=["support", "response"], asked="Cử người trực",
                            answer_by_at=watch.starts_at, actor=actor, now=now)  # fmt: skip
    providers.mark_sent(request=request, note="Số 21/CV", actor=actor, now=now)
    day = timedelta(days=1)
    promises = [
        providers.Promise(f"Kỹ sư Mẫu {number}", f"0944 000 {number:03d}", f"ks{number}@ncc.example", Kind.ON_CALL,
                          watch.starts_at + day * number, watch.starts_at + day * (number + 1))
        for number in range(5)
    ]  # fmt: skip
    providers.record_answer(request=request, by="Giám đốc Mẫu", answer="Đồng ý", promises=promises, actor=actor,
                            now=now)  # fmt: skip


def _stood(roster: Roster, actor: Actor, now: datetime) -> None:
    """Everybody on site has checked in every two hours, but for the last hour of one in nine."""
    for number, row in enumerate(in_force().filter(roster=roster, kind=Kind.ON_SITE, starts_at__lte=now)):
        at = row.starts_at
        while at < min(row.ends_at, now - timedelta(hours=number % 9 == 8)):
            check_in(row=row, how=How.PAGE if number % 3 else How.LINK, actor=actor, now=at)
            at += timedelta(hours=2)


def _signers(shift: DutyShift) -> Person:
    return in_force().filter(shift=shift, kind=Kind.ON_SITE)[0].person


def _signed(shift: DutyShift, actor: Actor, at: datetime, take: bool) -> HandOver:
    items = all_open_items(shift.post.organisation_id, at)
    made = handovers.draw_up(shift=shift, items=items, actor=actor, now=at)
    made = handovers.give(
        hand_over=made, person=_signers(shift), items=items, digest=handovers.digest_of(made, items), actor=actor,
        remarks={one["key"]: "Đang theo dõi" for one in made.items[:3]}, note="Ca yên tĩnh.", now=at,
    )  # fmt: skip
    if take and made.shift_in is not None:
        made = handovers.take(
            hand_over=made, person=_signers(made.shift_in), items=items, digest=handovers.digest_of(made, items),
            note="Đã nhận.", actor=actor, now=at,
        )  # fmt: skip
    return made


def _ended(post: Post, now: datetime) -> list[DutyShift]:
    return list(DutyShift.objects.filter(post=post, ends_at__lte=now, dropped_at=None).order_by("ends_at"))


def _handed_over(post: Post, actor: Actor, now: datetime) -> HandOver:
    return [_signed(shift, actor, shift.ends_at, True) for shift in _ended(post, now)[:-1]][-1]


def _given(current: DutyShift, actor: Actor, now: datetime) -> HandOver:
    """The last one waits for the signature of those who are on."""
    return _signed(_ended(current.post, now)[-1], actor, now, False)


def _swaps(roster: Roster, person: Person, actor: Actor, now: datetime) -> DutyRow:
    """Two swaps wait; returns a coming shift of `person` that is free to be given."""
    coming = list(in_force().filter(roster=roster, kind=Kind.ON_SITE, starts_at__gt=now, origin="plan"))
    asked = 0
    for row in coming:
        for other in Member.objects.filter(organisation=person.organisation_id).exclude(person=row.person)[:6]:
            if asked < 2 and row.person_id != person.pk:
                try:
                    swaps.propose(row=row, to_person=other.person, other_row=None, reason="Việc nhà", actor=actor,
                                  now=now)  # fmt: skip
                except Refused:
                    continue
                asked += 1
                break
    return next(row for row in coming if row.person_id == person.pk)


def _pages(owner: Organisation, actor: Actor, now: datetime) -> None:
    sentence = N_("{name} has not checked in at {post}.")
    for number in range(6):
        missing = phrase(sentence, name=f"Trực Mẫu {number:02d}", post="Phòng trực")
        at = now - timedelta(hours=number)
        raise_page(organisation=owner, kind="duty.absent", title=missing, body=missing, dedupe_key=f"bench-{number}",
                   actor=actor, now=at)  # fmt: skip
