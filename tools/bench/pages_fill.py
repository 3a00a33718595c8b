"""Filling a Vigil for the page benchmark: an authority, N organisations, a campaign in force over all of them.

The campaign itself goes by the real actions (receive, confirm, draft, choose, send, carry). What would be the work of
weeks (answers, proofs, probes, calls, the journal's past) is written in bulk, in the shape in which the actions write.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from tools.bench import pages_past
from tools.bench.pages_detection import fill_detection
from tools.bench.pages_duty import duty
from tools.bench.pages_paging import fill_paging
from vigil.domain.accounts.actions import create_user, grant
from vigil.domain.accounts.guests import make_links
from vigil.domain.accounts.models import Role, SecondFactor, User
from vigil.domain.directives.actions.campaigns import choose, draft_campaign, send_campaign
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.actions.review import confirm
from vigil.domain.directives.models import Campaign, Directive
from vigil.domain.estate.models import EdgeDevice, InformationSystem
from vigil.domain.exchange.actions.collections import collections_for
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import Link, Peer, PeerSide, PeerState
from vigil.domain.flows.campaigns import carry
from vigil.domain.flows.sample import sample_dispatch
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import ContactChannel, ContactPoint, Home, Organisation, Person
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.identifiers import new_id

ACTOR = Actor("cli", "bench", "bench")
CLASSES = ("ministry", "province", "local", "dept_ict", "soe", "isp", "platform", "bank", "provider")
SHARES = (0.002, 0.006, 0.6, 0.006, 0.02, 0.03, 0.056, 0.2, 0.08)
SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ")
PASSWORD = "bench-pages-only-1"  # noqa: S105 - of a database that lives for one run
_BATCH = 2000


@dataclass
class Filled:
    """The keys that the cases need, and what the filling itself measured."""

    keys: dict[str, str] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)


def fill(organisations: int, say: Callable[[str], None]) -> Filled:
    """Fill the database; `organisations` besides the authority."""
    chance, now, done = random.Random(20), clock.now(), Filled()  # noqa: S311 - the same filling each time
    authority, made = _organisations(organisations, chance, now)
    say(f"{len(made):,} organisations")
    _people(made, chance, now)
    peers = _peers([one for one in made if one.home == Home.PEER], now)
    say("people, contact points, systems, links")
    directives = _directives(authority, now)
    campaign = _campaign(directives[0], now)
    done.measures["carry"] = _carry(campaign, say)
    pages_past.answer(campaign, chance, now)
    say("answers and proofs")
    drill = pages_past.drill(campaign, chance, now)
    pages_past.calls_and_relays(campaign, chance, now)
    pages_past.letters(authority, directives[2], chance, now)
    draft = draft_campaign(directive=directives[1], actor=ACTOR, now=now)
    audiences = [{"code": code, "role": "task"} for code in CLASSES]
    choose(campaign=draft, audiences=audiences, picked=(), answer_by_at=None, exercise=True, rules=None,
           actor=ACTOR, now=now)  # fmt: skip
    say("a finished drill, calls, letters, a campaign in preparation")
    done.measures["journal"] = pages_past.journal(made, 10 * organisations, chance, now)
    say("the journal's past")
    done.keys |= fill_paging(authority, made, chance, now)
    say("pages that are over and some that wait")
    _accounts(authority, made, now)
    on_duty = campaign.recipients.select_related("watch__organisation").get(organisation=_here(made)).watch
    assert on_duty is not None  # noqa: S101 - who is at home here has a watch of its own
    provider = next(one for one in made if "provider" in one.audience_codes)
    keys, tokens = duty(on_duty, provider, ACTOR, now)
    done.keys |= keys
    done.tokens |= tokens
    say("a roster of five days, hand-overs, pages")
    done.keys |= fill_detection(authority, made, _here(made), chance, now, say)
    _keys(done, campaign, draft, drill, directives, made, peers)
    done.tokens["guest"] = make_links(
        organisations=[(next(one for one in made if one.home == Home.GUEST), "")],
        second_factor=SecondFactor.NONE, expires_at=now + timedelta(days=1), actor=ACTOR, now=now,
    )[0].token  # fmt: skip
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return done


def _save_all(rows: Iterator[Any] | Sequence[Any]) -> None:
    """Insert rows of one model in batches."""
    found = list(rows)
    if found:
        type(found[0])._default_manager.bulk_create(found, batch_size=_BATCH)


def _organisations(count: int, chance: random.Random, now: datetime) -> tuple[Organisation, list[Organisation]]:
    authority = Organisation(name="Cục Mẫu về An toàn thông tin", code="BEN.0", audience_codes=["authority"])
    save_organisation(organisation=authority, actor=ACTOR, now=now)
    made: list[Organisation] = []
    here = peer = max(1, count // 20)
    homes = [Home.HERE] * here + [Home.PEER] * peer + [Home.GUEST] * (count - here - peer)
    for number in range(count):
        codes = sorted(set(chance.choices(CLASSES, SHARES, k=1 + (number % 5 == 0))))
        parent = authority if number < 50 else made[number % 50]
        one = Organisation(
            id=new_id(), name=f"{CLASSES.index(codes[0]) + 1}. Đơn vị Mẫu {number:05d}", short_name=f"ĐVM{number}",
            code=f"BEN.{number + 1}", audience_codes=codes, home=homes[(number * 7919) % count], parent=parent,
            address=f"Số {number % 200 + 1} phố Mẫu", created_at=now,
        )  # fmt: skip
        one.path = one.own_path()
        made.append(one)
    _save_all(made)
    return authority, made


def _people(organisations: Sequence[Organisation], chance: random.Random, now: datetime) -> None:
    people: list[Person] = []
    points: list[ContactPoint] = []
    channels: list[ContactChannel] = []
    for number, owner in enumerate(organisations):
        for turn in range(2):
            person = Person(
                id=new_id(), organisation=owner, name=f"{SURNAMES[(number + turn) % 10]} Mẫu {number}{turn}",
                title="Trực ban" if turn else "Trưởng phòng",
                mobile=f"09{number % 100:02d} {turn}00 {number % 1000:03d}",
                email=f"nguoi{number}.{turn}@donvi.example",
            )  # fmt: skip
            people.append(person)
            if turn and number % 3:
                continue
            if number % 10 == 9:
                continue  # one in ten has filed none
            point = ContactPoint(
                id=new_id(), organisation=owner, person=person, label=f"Trực ban {number}.{turn}", filed_at=now,
                verified_at=now - timedelta(days=chance.randrange(60)) if chance.random() < 0.6 else None,
            )  # fmt: skip
            points.append(point)
            value = f"0912{number % 1000:03d}{turn:03d}"
            channels.append(ContactChannel(contact_point=point, kind="mobile", value=value, e164=f"+84{value[1:]}"))
            mail = f"truc{number}.{turn}@donvi.example"
            channels.append(ContactChannel(contact_point=point, kind="email", value=mail))
    _save_all(people)
    _save_all(points)
    _save_all(channels)
    _save_all(
        InformationSystem(organisation=owner, name=f"Cổng thông tin Mẫu {number}", level=number % 5 + 1,
                          important=number % 7 == 0, important_reason="cấp 4" if number % 7 == 0 else "",
                          platforms=["portal"])
        for number, owner in enumerate(organisations)
    )  # fmt: skip
    _save_all(
        EdgeDevice(organisation=owner, kind="firewall", name=f"Tường lửa {number}")
        for number, owner in enumerate(organisations) if owner.home == Home.HERE
    )  # fmt: skip


def _peers(organisations: Sequence[Organisation], now: datetime) -> list[Peer]:
    made = []
    for number, owner in enumerate(organisations):
        peer = Peer.objects.create(
            organisation=owner, name=owner.name, side=PeerSide.BELOW, state=PeerState.ACTIVE, created_at=now,
            linked_at=now - timedelta(days=3),
        )  # fmt: skip
        Link.objects.create(
            peer=peer, beat_at=now - timedelta(seconds=number % 90), clock_offset_ms=number % 50, round_trip_ms=20,
            their_queue=number % 3, outage_since=now - timedelta(hours=1) if number % 40 == 0 else None,
        )  # fmt: skip
        Keyring(settings.VIGIL_KEYS).make(peer.pk)
        collections_for(peer=peer, actor=ACTOR, now=now)
        made.append(peer)
    return made


def _directives(authority: Organisation, now: datetime) -> list[Directive]:
    """One for the campaign in force, one for the campaign in preparation, one to be reviewed."""
    found = []
    for number in range(3):
        text = sample_dispatch(now).replace("Số: 17/", f"Số: {17 + number}/")
        read = receive_dispatch(
            data=text.encode(), filename=f"cong-van-{number}.txt", organisation=authority,
            originals=settings.VIGIL_ORIGINALS, actor=ACTOR, now=now,
        )  # fmt: skip
        found.append(confirm(directive=read, version=read.version, actor=ACTOR, now=now) if number < 2 else read)
    return found


def _campaign(directive: Directive, now: datetime) -> Campaign:
    campaign = draft_campaign(directive=directive, actor=ACTOR, now=now)
    audiences = [{"code": code, "role": "copy" if code == "provider" else "task"} for code in CLASSES]
    choose(campaign=campaign, audiences=audiences, picked=(), answer_by_at=now + timedelta(hours=6), exercise=False,
           rules=None, actor=ACTOR, now=now)  # fmt: skip
    return send_campaign(campaign=campaign, actor=ACTOR, now=now)


def _carry(campaign: Campaign, say: Callable[[str], None]) -> float:
    began, total = time.perf_counter(), 0
    while taken := carry(
        campaign=campaign, base_url="https://vigil.example", actor=ACTOR, now=clock.now(), at_most=200
    ):
        total += taken
    speed = total / (time.perf_counter() - began)
    say(f"carried to {total:,} recipients, {speed:,.0f} a second")
    return speed


def _here(made: Sequence[Organisation]) -> Organisation:
    """The organisation whose officer asks."""
    return next(one for one in made if one.home == Home.HERE)


def _accounts(authority: Organisation, made: Sequence[Organisation], now: datetime) -> None:
    officer = _here(made)
    wanted: list[tuple[str, str, Organisation | None]] = [
        ("administrator", Role.ADMINISTRATOR, None), ("officer", Role.WATCH_LEAD, officer),
    ]  # fmt: skip
    with transaction.atomic():
        for name, role, over in wanted:
            user = create_user(username=f"bench-{name}", password=PASSWORD, actor=ACTOR, now=now)
            grant(user=user, role=role, organisation=over, actor=ACTOR, now=now)
    User.objects.bulk_create(
        [User(username=f"truc{number}", password="!") for number in range(500)],  # noqa: S106 - opens nothing
        batch_size=_BATCH,
    )


def _keys(done: Filled, campaign: Campaign, draft: Campaign, drill: Any, directives: Sequence[Directive],
          made: Sequence[Organisation], peers: Sequence[Peer]) -> None:  # fmt: skip
    parts = {"campaign": campaign, "draft": draft, "drill": drill, "directive": directives[0],
             "directive_open": directives[2], "link": peers[0]}  # fmt: skip
    done.keys |= {name: str(row.pk) for name, row in parts.items()}
    here = _here(made)
    guest = next(one for one in made if one.home == Home.GUEST)
    for whose, owner in (("", here), ("guest_", guest)):
        received = campaign.recipients.select_related("watch").get(organisation=owner)
        done.keys[f"{whose}organisation"] = str(owner.pk)
        done.keys[f"{whose}recipient"] = str(received.pk)
        done.keys[f"{whose}watch"] = str(received.watch_id)
        if received.watch is not None:
            done.keys[f"{whose}assignment"] = str(received.watch.assignments.order_by("obligation__position")[0].pk)
    contact = ContactPoint.objects.filter(organisation=here).first() or ContactPoint.objects.first()
    for name, row in {
        "contact": contact, "person": Person.objects.filter(organisation=here)[0],
        "system": InformationSystem.objects.filter(organisation=here)[0],
        "edge": EdgeDevice.objects.filter(organisation=here)[0], "account": User.objects.order_by("username")[0],
    }.items():  # fmt: skip
        done.keys[name] = str(row.pk)  # type: ignore[union-attr]
    done.keys["parent"] = str(made[0].pk)
