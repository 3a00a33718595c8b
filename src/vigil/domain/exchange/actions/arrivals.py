"""What comes in from another Vigil: checked, known by its seal, counted once, then handed to its meaning.

The row in `Received` and the effect are one transaction: a message that comes twice has one effect, whoever is killed
in between. An object that cannot be taken is put aside by itself, its sender is told, and the rest goes on.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from vigil.domain.exchange.actions.sending import send
from vigil.domain.exchange.models import Collection, Cursor, Link, Peer, PeerSide, Quarantined, Received
from vigil.domain.exchange.queries.links import own_sender, pinned_key
from vigil.domain.exchange.stix import Sender, check, check_seal, content_digest, instant_of, refusal, written
from vigil.domain.exchange.stix.definitions import SEAL, TYPES
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotAllowed, Refused, Unavailable, VigilError
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.tlp import Tlp

log = logging.getLogger(__name__)

REFUSAL: Final = "x-vigil-refusal"
MOST_IN_QUARANTINE: Final = 10_000
MOST_TOLD: Final = 200


class Meaning(Protocol):
    """What an object does here (`receiving.Receiver`)."""

    def receive(self, *, peer: Peer, collection: Collection, obj: dict[str, Any], now: datetime) -> None:
        """Take one object. Raises: VigilError to refuse it."""


class CheckedReceiver:
    """Stands before a receiver: only what is new, well-formed and truly the peer's gets through to it.

    Peers without a link (plain TAXII clients) have no key and no identity here; for them only the form is checked.
    """

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning

    def receive(self, *, peer: Peer, collection: Collection, obj: dict[str, Any], now: datetime) -> None:
        """Take `obj` once. Raises: VigilError with the reason for the sender."""
        link = Link.objects.filter(peer=peer).first()
        if link is None:
            self._meaning.receive(peer=peer, collection=collection, obj=obj, now=now)
            return
        check(obj, now=now)
        sealed = _known_by(peer, link, obj)
        if not _first_time(peer, link, obj, sealed, now):
            return
        if obj["type"] == REFUSAL:
            _refused_by_them(peer, obj, now)
        if not _overtaken(peer, obj):
            self._meaning.receive(peer=peer, collection=collection, obj=obj, now=now)


def _known_by(peer: Peer, link: Link, obj: dict[str, Any]) -> dict[str, Any]:
    """The seal's content (empty: none was needed). Raises: NotAllowed `exchange.not_its_identity`; Refused `stix.*`."""
    author = obj.get("created_by_ref")
    theirs = Sender(link.instance).identity if link.instance is not None else ""
    ours_alone = peer.side == PeerSide.BELOW or obj["type"] in TYPES
    if ours_alone and author is not None and author != theirs:
        raise NotAllowed("exchange.not_its_identity", N_("The object says that somebody else made it."))
    if obj["type"] in TYPES or SEAL in obj.get("extensions", {}):
        return check_seal(obj, key_of=lambda key_id: pinned_key(peer, key_id))
    return {}


def version_of(obj: dict[str, Any]) -> str:
    """What tells versions of an object apart: `modified`, in one spelling; without one, its content."""
    if "modified" in obj:
        return written(instant_of(obj["modified"]))
    return content_digest(obj)[:40]


def _first_time(peer: Peer, link: Link, obj: dict[str, Any], sealed: dict[str, Any], now: datetime) -> bool:
    sequence, digest = int(sealed.get("sequence", 0)), content_digest(obj)
    delay = None
    if "fact_at" in sealed:
        offset = timedelta(milliseconds=link.clock_offset_ms or 0.0)
        delay = max(0.0, (now - (instant_of(sealed["fact_at"]) - offset)).total_seconds())
    kept, new = Received.objects.get_or_create(
        peer=peer,
        stix_id=obj["id"],
        version=version_of(obj),
        defaults={"digest": digest, "sequence": sequence, "at": now, "delay_s": delay},
    )
    if not new and kept.digest != digest:
        raise Refused(
            "exchange.version_reused", N_("Another object of the same identifier and version was here before.")
        )
    if new:
        Link.objects.filter(peer=peer).update(
            received_sequence=Greatest(F("received_sequence"), sequence),
            received_count=F("received_count") + 1,
            last_in_at=now,
            **({"last_delay_s": delay} if delay is not None else {}),
        )
    elif sequence > kept.sequence:
        Received.objects.filter(pk=kept.pk).update(sequence=sequence)
        Link.objects.filter(peer=peer).update(received_sequence=Greatest(F("received_sequence"), sequence))
    return new


def _overtaken(peer: Peer, obj: dict[str, Any]) -> bool:
    """Whether a later version of one of our own types took effect already: an earlier one comes too late."""
    if obj["type"] not in TYPES:
        return False
    return Received.objects.filter(peer=peer, stix_id=obj["id"], version__gt=version_of(obj)).exists()


def _refused_by_them(peer: Peer, obj: dict[str, Any], now: datetime) -> None:
    reason = phrase("{reason}", reason=obj["reason"])
    _keep(peer, obj["object_ref"], obj["object_modified"], obj["code"], reason, b"", now, by_them=True)
    record(
        actor=Actor("peer", str(peer.pk), peer.name),
        now=now,
        action="exchange.refused_there",
        subject=f"exchange.peer:{peer.pk}",
        organisation=peer.organisation_id,
        facts={"name": peer.name, "object": obj["object_ref"], "reason": obj["reason"][:300]},
    )


def _keep(
    peer: Peer, stix_id: str, version: str, code: str, reason: Phrase, raw: bytes, now: datetime, *, by_them: bool
) -> bool:
    """One row in quarantine; returns whether it is new. Bounded: a flood pushes its own oldest rows out."""
    first = "".join(c if c.isprintable() else "·" for c in raw[:400].decode("utf-8", "replace"))
    row, new = Quarantined.objects.get_or_create(
        peer=peer,
        by_them=by_them,
        stix_id=stix_id,
        version=version,
        defaults={"code": code, "reason": reason.to_json(), "first_bytes": first, "at": now},
    )
    if not new:
        Quarantined.objects.filter(pk=row.pk).update(times=F("times") + 1, at=now)
    elif row.pk % 500 == 0:
        kept = Quarantined.objects.filter(peer=peer).order_by("-id").values_list("id", flat=True)
        oldest = list(kept[MOST_IN_QUARANTINE : MOST_IN_QUARANTINE + 1])
        if oldest:
            Quarantined.objects.filter(peer=peer, id__lte=oldest[0]).delete()
    return new


@transaction.atomic
def put_aside(*, peer: Peer, obj: Any, error: VigilError, actor: Actor, now: datetime) -> bool:
    """Quarantine one object that was refused; returns whether it is there for the first time. Then it is
    journalled too, the first two hundred of an hour by themselves: a flood must not fill the journal."""
    shown = obj if isinstance(obj, dict) else {}
    named = str(shown.get("id", ""))[:300].replace("\0", "")
    raw = json.dumps(obj, ensure_ascii=False, default=str)[:400].encode("utf-8", "replace")
    stix_id = named or f"sha256:{hashlib.sha256(raw).hexdigest()}"
    version = str(shown.get("modified", ""))[:40].replace("\0", "")
    plain = Phrase(error.phrase.wording, {name: _short(value) for name, value in error.phrase.values.items()})
    new = _keep(peer, stix_id, version, error.code, plain, raw, now, by_them=False)
    since = now - timedelta(hours=1)
    if new and Quarantined.objects.filter(peer=peer, at__gte=since)[:MOST_TOLD].count() < MOST_TOLD:
        record(
            actor=actor,
            now=now,
            action="exchange.quarantined",
            subject=f"exchange.peer:{peer.pk}",
            organisation=peer.organisation_id,
            facts={"name": peer.name, "object": stix_id, "code": error.code},
        )
    return new


def _short(value: Any) -> Any:
    return value if isinstance(value, int | float | datetime | Phrase) else str(value)[:300].replace("\0", "")


@dataclass(frozen=True, slots=True)
class Page:
    """What became of a page: how many objects were taken, how many put aside."""

    taken: int
    aside: int


@transaction.atomic
def take_page(
    *,
    peer: Peer,
    alias: str,
    objects: Sequence[Any],
    added_last: str,
    receiver: Meaning,
    actor: Actor,
    now: datetime,
) -> Page:
    """Take a page that was read from a peer above; the cursor commits with the effects.

    Raises: Unavailable (or the database's error) when a part of ours is missing: then nothing of the page counts, and
    it is read again.
    """
    Link.objects.select_for_update().get(peer=peer)
    collection = Collection.objects.get(peer=peer, alias=alias)
    aside = 0
    for obj in objects:
        try:
            with transaction.atomic():
                receiver.receive(peer=peer, collection=collection, obj=obj, now=now)
        except (Unavailable, DatabaseError):
            raise
        except VigilError as error:
            aside += 1
            _aside_and_say(peer, obj, error, actor, now)
        except Exception as fault:
            log.exception("an object read from peer %s could not be taken", peer.pk)
            aside += 1
            broken = VigilError("exchange.broken", N_("Taking it failed here ({kind})."), kind=type(fault).__name__)
            _aside_and_say(peer, obj, broken, actor, now)
    Cursor.objects.update_or_create(peer=peer, alias=alias, defaults={"added_after": added_last, "at": now})
    if objects:
        record(
            actor=actor,
            now=now,
            action="exchange.page_taken",
            subject=f"exchange.collection:{collection.uuid}",
            organisation=peer.organisation_id,
            facts={"name": peer.name, "alias": alias, "count": len(objects) - aside, "refused": aside},
        )
    return Page(len(objects) - aside, aside)


def _aside_and_say(peer: Peer, obj: Any, error: VigilError, actor: Actor, now: datetime) -> None:
    """Put it aside and, when it has a name, tell who sent it (once)."""
    if not put_aside(peer=peer, obj=obj, error=error, actor=actor, now=now):
        return
    shown = obj if isinstance(obj, dict) else {}
    if shown.get("type") == REFUSAL:
        return  # a refusal of a refusal would never end
    try:
        told = refusal(
            object_ref=shown.get("id", ""),
            object_modified=written(instant_of(shown.get("modified", ""))),
            code=error.code,
            reason=str(error.phrase)[:1000],
            sender=own_sender(),
            tlp=Tlp.AMBER_STRICT,
            created=now,
        )
        with transaction.atomic():
            send(
                peer=peer, obj=told, subject=f"refusal:{told['object_ref']}", tlp=Tlp.AMBER_STRICT, actor=actor, now=now
            )
    except (ValueError, TypeError, KeyError, AttributeError, VigilError):
        return  # it has no name that can be told: the row in quarantine is all there is
