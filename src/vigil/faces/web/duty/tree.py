"""The telephone tree on paper: whom to call, in which order, when everything else is gone. Made anew at each look."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import typst
from django.utils.translation import gettext

from vigil.domain.directives.models import Watch
from vigil.domain.duty.models import DutyRow, Member
from vigil.domain.duty.queries import in_force, on_now
from vigil.domain.organisations.models import Person
from vigil.domain.organisations.queries import contact_points_filed
from vigil.kernel.clock import VIETNAM

_NEXT_SHIFTS = 600
_MOST_PEOPLE = 300


@cache
def _template() -> bytes:
    return files("vigil.faces.web.duty").joinpath("tree.typ").read_bytes()


def telephone_tree(watch: Watch, now: datetime) -> bytes:
    """As PDF: who is on now, the leads, who comes next, everybody else, the authority's and our own hotlines."""
    rows = in_force([watch.organisation_id])
    members = Member.objects.filter(organisation=watch.organisation, retired_at=None, person__left_at=None)
    people = list(members.select_related("person")[:_MOST_PEOPLE])
    parts = [
        _part(gettext("1. On duty now"), _standing(one.row for one in on_now(rows, now).rows)),
        _part(gettext("2. Who answers for the roster"), _people(m.person for m in people if m.standing_lead)),
        _part(gettext("3. Who may lead"), _people(m.person for m in people if m.may_lead and not m.standing_lead)),
        _part(
            gettext("4. Next shifts"),
            _standing(rows.filter(starts_at__gt=now).order_by("starts_at", "-leads")[:_NEXT_SHIFTS]),
        ),
        _part(gettext("5. Everybody who stands duty"), _people(m.person for m in people)),
        _part(gettext("6. Hotlines"), _hotlines(watch)),
    ]
    data = {
        "title": gettext("Telephone tree"),
        "subtitle": f"{watch.organisation} · {watch.title}",
        "exercise": gettext("EXERCISE: this is practice.") if watch.exercise else "",
        "foot": gettext("Printed from Vigil, as of {at}. Print it again after each change of the roster.").format(
            at=f"{now.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
        ),
        "parts": parts,
    }
    written: bytes = typst.compile(
        _template(), format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, timestamp=0
    )
    return written


def _part(title: str, rows: list[list[str]]) -> dict[str, Any]:
    return {"title": title, "rows": rows, "note": "" if rows else gettext("Nobody.")}


def _standing(rows: Iterable[DutyRow]) -> list[list[str]]:
    return [
        [
            f"{row.starts_at.astimezone(VIETNAM):%H:%M %d/%m} – {row.ends_at.astimezone(VIETNAM):%H:%M}",
            row.person.name + (f" ({gettext('leads')})" if row.leads else ""),
            f"{row.shift.post.name} · {row.get_kind_display()}",
            _numbers(row.person) or row.shift.post.phone,
        ]
        for row in rows
    ]


def _people(people: Iterable[Person]) -> list[list[str]]:
    return [[str(n), person.name, person.title, _numbers(person)] for n, person in enumerate(people, 1)]


def _numbers(person: Person) -> str:
    return " / ".join(filter(None, (person.mobile, person.phone)))


def _hotlines(watch: Watch) -> list[list[str]]:
    found = [
        [
            "",
            point.label,
            str(point.get_purpose_display()),
            " / ".join(c.value for c in point.channels.all() if c.kind != "email"),
        ]
        for point in contact_points_filed(watch.organisation_id)
    ]
    for given in watch.directive.contacts:
        numbers = [*(given.get("hotline") or []), *(given.get("phone") or [])]
        if numbers:
            found.append(["", str(given.get("org") or ""), gettext("from the dispatch"), " / ".join(map(str, numbers))])
    return [row for row in found if row[3]]
