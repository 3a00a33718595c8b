"""Sources of events: entered, changed, retired; tokens that are shown once; those that were found by themselves."""

import hashlib
import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from vigil.domain.detection.actions.book import bump_sources
from vigil.domain.detection.folders import folder_owners, owner_of
from vigil.domain.detection.models import LogSource
from vigil.domain.journal.actions import record
from vigil.domain.journal.saving import save_and_record
from vigil.domain.organisations.models import Home, Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.identifiers import new_token
from vigil.kernel.phrases import N_

MOST_FOUND: Final = 200
"""Sources that were found by themselves and that nobody has looked at."""
MOST_OF_ADDRESS: Final = 50
"""Of them, those with one sender's address: who invents names leaves room for others."""
SILENT_FOUND: Final = timedelta(days=1)
LONGEST_S: Final = 366 * 86_400
_WIDEST: Final = {4: 8, 6: 16}


@transaction.atomic
def save_source(
    *, source: LogSource, actor: Actor, now: datetime, managed: Callable[[UUID], bool] | None = None
) -> LogSource:
    """Enter a source, or change it. `managed`: of which organisations the actor manages the sources (None: of all).
    What another organisation's source receives can be taken from it only by who manages that one too.

    Raises: Refused `source.address`, `source.everything`, `source.path`, `source.no_folders`,
    `source.folder_of_nobody`, `source.too_long`, `input.invalid`; Conflict `source.address_taken`, `source.anothers`,
    `source.retired`.
    """
    source.name = " ".join(source.name.split())
    source.address, source.host = normal_network(source.address), normal_name(source.host)
    for name in ("product", "category", "service"):
        setattr(source, name, getattr(source, name).strip().lower())
    source.path = normal_pattern(source.path, source.organisation_id)
    if source.silent_after_s > LONGEST_S or source.most_lag_s > LONGEST_S:
        raise Refused("source.too_long", N_("Silence and lateness are told within a year at the latest."))
    if source._state.adding:
        source.created_at = now
    else:
        source.found_by_itself = False  # somebody answers for it by now
    if not source._state.adding and LogSource.objects.filter(pk=source.pk).exclude(retired_at=None).exists():
        raise Conflict("source.retired", N_("This source was retired."))
    if source.address or source.host:
        same = LogSource.objects.filter(address=source.address, host=source.host, retired_at=None)
        if same.exclude(pk=source.pk).exists():
            raise Conflict("source.address_taken", N_("Another source has this address and host already."))
        if managed is not None and not all(managed(one) for one in _taken_from(source)):
            raise Conflict(
                "source.anothers",
                N_("What comes from there is another organisation's, whose sources you do not manage."),
            )
    save_and_record(source, actor=actor, now=now, organisation=source.organisation_id, personal=("token_digest",))
    bump_sources()
    return source


def _taken_from(source: LogSource) -> set[UUID]:
    """Other organisations whose sources would receive less (see `doors.Door.by_address`)."""
    was = LogSource.objects.filter(pk=source.pk).values_list("address", "host").first()
    if not source.address or was == (source.address, source.host):
        return set()
    ours = ipaddress.ip_network(source.address)
    found = set()
    rows = LogSource.objects.filter(retired_at=None).exclude(organisation=source.organisation_id)
    for owner, address, host in rows.values_list("organisation", "address", "host"):
        if not address:
            takes = host != "" and host == source.host
        else:
            theirs = ipaddress.ip_network(address)
            within = theirs.version == ours.version and ours.subnet_of(theirs)  # type: ignore[arg-type]
            takes = within and (host in ("", source.host) or (not source.host and ours != theirs))
        if takes:
            found.add(owner)
    return found


@transaction.atomic
def retire_source(*, source: LogSource, actor: Actor, now: datetime, why: str = "") -> None:
    """Nothing is expected of it any more, and its token opens nothing. Raises: Conflict `source.retired`."""
    if not LogSource.objects.filter(pk=source.pk, retired_at=None).update(retired_at=now, token_digest=""):
        raise Conflict("source.retired", N_("This source was retired."))
    bump_sources()
    _tell(source, "detection.source_retired", actor, now, why=why)


@transaction.atomic
def renew_token(*, source: LogSource, before: str | None = None, actor: Actor, now: datetime) -> str:
    """A new token, which cannot be shown again; the one before opens nothing.

    `before`: the mark (`token_mark`) of the one that is to be replaced; None: whichever it is. Raises: Conflict
    `source.retired`; `source.token_made` when that one was replaced already, as by a page that is sent twice.
    """
    token = new_token()
    rows = LogSource.objects.filter(pk=source.pk, retired_at=None)
    if not rows.exists():
        raise Conflict("source.retired", N_("This source was retired."))
    if before is not None:
        rows = rows.filter(token_digest__startswith=before) if before else rows.filter(token_digest="")
    if not rows.update(token_digest=digest(token)):
        raise Conflict(
            "source.token_made", N_("A new token was made already, and is shown once only. Make another if it is lost.")
        )
    bump_sources()
    _tell(source, "detection.source_token_made", actor, now)
    return token


@transaction.atomic
def find_source(*, address: str, host: str, actor: Actor, now: datetime) -> LogSource | None:
    """Register who sends and is not known, for the organisation that settings name; None: nobody's, or too many.

    Called again for the same sender it returns the same source.
    """
    owner = events_organisation()
    if owner is None:
        return None
    Organisation.objects.select_for_update().get(pk=owner.pk)  # of two receivers that find it, one waits here
    address, host = normal_network(address), normal_name(host)
    there = LogSource.objects.filter(address=address, host=host, retired_at=None).first()
    if there is not None:
        return there
    if host and found_sources().filter(organisation=owner, address=address).exclude(host="").count() >= MOST_OF_ADDRESS:
        return find_source(address=address, host="", actor=actor, now=now)  # one for all its other names
    found = found_sources().filter(organisation=owner)
    if found.count() >= MOST_FOUND and not _made_room(found, actor, now):
        return None
    source = LogSource(
        organisation=owner,
        name=_free_name(owner, host or address, address),
        address=address,
        host=host,
        found_by_itself=True,
        created_at=now,
    )
    source.save(force_insert=True)
    bump_sources()
    _tell(source, "detection.source_found", actor, now)
    return source


def found_sources() -> QuerySet[LogSource]:
    """Those that were found by themselves, and that nobody has looked at: who changes one answers for it."""
    return LogSource.objects.filter(found_by_itself=True, retired_at=None)


def _made_room(found: QuerySet[LogSource], actor: Actor, now: datetime) -> bool:
    """Whether one of them was given up: that which was silent longest, for a day at least."""
    heard = Coalesce("last_received_at", "created_at")
    silent = found.annotate(heard=heard).filter(heard__lt=now - SILENT_FOUND).order_by("heard").first()
    if silent is None:
        return False
    retire_source(source=silent, actor=actor, now=now, why="silent, nobody's, and another was found")
    return True


def events_organisation() -> Organisation | None:
    """Whose the events of unknown senders are: VIGIL_EVENTS_ORGANISATION, else the only top organisation here."""
    named = settings.VIGIL_EVENTS_ORGANISATION
    if not named:
        tops = list(Organisation.objects.filter(parent=None, home=Home.HERE)[:2])
        return tops[0] if len(tops) == 1 else None
    by_code = Organisation.objects.filter(code=named).first()
    if by_code is not None:
        return by_code
    return next((row for row in Organisation.objects.all() if str(row.pk) == named), None)


def normal_network(text: str) -> str:
    """An address or network as it is kept. Raises: Refused `source.address`, `source.everything`."""
    if not text.strip():
        return ""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise Refused("source.address", N_("{text} is no address and no network."), text=text.strip()[:60]) from error
    if network.prefixlen < _WIDEST[network.version]:
        raise Refused("source.everything", N_("A source is an address or a network, not everything."))
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen == network.max_prefixlen:
        network = ipaddress.ip_network(mapped)
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def normal_pattern(text: str, organisation: UUID) -> str:
    """Files to follow, as they are kept: a path or a pattern below one of VIGIL_LOG_FOLDERS that is the organisation's.

    Raises: Refused `source.path`, `source.no_folders`, `source.folder_of_nobody`.
    """
    pattern = text.strip()
    if not pattern:
        return ""
    path, owners = PurePosixPath(pattern), folder_owners(events_organisation())
    if not owners:
        raise Refused("source.no_folders", N_("No file can be followed until VIGIL_LOG_FOLDERS names folders of logs."))
    if owner_of(path, owners) is None and any(path.is_relative_to(folder) for folder in owners):
        raise Refused(
            "source.folder_of_nobody",
            N_("Whose this folder is has not been said: VIGIL_EVENTS_ORGANISATION, or `=CODE` in VIGIL_LOG_FOLDERS."),
        )
    if ".." in path.parts or "\0" in pattern or owner_of(path, owners) != organisation:
        raise Refused(
            "source.path",
            N_("Only files below {folders} can be followed; VIGIL_LOG_FOLDERS names the folders."),
            folders=", ".join(str(folder) for folder, owner in owners.items() if owner == organisation) or "-",
        )
    return pattern


def normal_name(host: str) -> str:
    """A host's name as it is kept and compared."""
    return "".join(letter for letter in host.strip().rstrip(".").lower() if letter.isprintable())[:255]


def token_mark(source: LogSource) -> str:
    """By which a token is told from the next one, and from nothing else; empty: it has none."""
    return source.token_digest[:12]


def digest(token: str) -> str:
    """The SHA-256 by which a token is known."""
    return hashlib.sha256(token[:500].encode()).hexdigest()


def _free_name(owner: Organisation, *wanted: str) -> str:
    base = next((name for name in wanted if name), "?")[:150]  # with an address in brackets it still fits
    taken = set(LogSource.objects.filter(organisation=owner, name__startswith=base).values_list("name", flat=True))
    names = [base, f"{base} ({wanted[-1]})", *(f"{base} ({n})" for n in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _tell(source: LogSource, action: str, actor: Actor, now: datetime, *, why: str = "") -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"detection.logsource:{source.pk}",
        organisation=source.organisation_id,
        why=why,
        facts={"name": source.name},
    )
