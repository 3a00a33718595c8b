"""One peer above, step by step: token, heartbeat, posting, reading, the next key. The liaison says when."""

from datetime import timedelta
from typing import Any, Final

from vigil.adapters.peers.letters import Post, Reply, signature_holds
from vigil.adapters.peers.taxii import Taxii
from vigil.domain.exchange.actions.arrivals import take_page
from vigil.domain.exchange.actions.enrolment import TOKEN_LASTS, replace_key
from vigil.domain.exchange.actions.heartbeats import compose, next_count, take_answer
from vigil.domain.exchange.actions.joining import end_there, own_key_replaced, take_access
from vigil.domain.exchange.actions.sending import hasten, next_batch, not_reached, refused_there, settled
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import Cursor, Link, Outgoing, Peer
from vigil.domain.exchange.queries.links import answering_keys
from vigil.domain.exchange.receiving import Receiver
from vigil.domain.exchange.stix import instant_of, public_hex, written
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotAllowed, NotFound, Refused, VigilError
from vigil.kernel.letters import signed_bytes
from vigil.kernel.phrases import N_

PAGE: Final = 50
PAGES_A_ROUND: Final = 20
BATCHES_A_ROUND: Final = 20
_ENDED: Final = {"exchange.link_revoked"}


class TokenWanted(Exception):
    """The authority does not take our token (any more): ask for a fresh one."""


class Call:
    """Speaks with `peer` through `post`."""

    def __init__(self, peer: Peer, post: Post, keyring: Keyring, actor: Actor) -> None:
        self._peer, self._post, self._keyring, self._actor = peer, post, keyring, actor

    def _letter(self, purpose: str, body: dict[str, Any], *, token: bool = True) -> Reply:
        """Post a signed letter; its answer bears the authority's signature, or it is no answer.

        Raises: TokenWanted; NotAllowed `exchange.link_revoked`; Refused `exchange.unknown_there`,
        `exchange.unsigned_answer`, `exchange.answered`; Unavailable.
        """
        held = self._keyring.token(self._peer.pk) if token else ""
        reply = self._post.post(purpose, body, key=self._keyring.key(self._peer.pk), token=held)
        if reply.code == "exchange.not_known" and self._try_next_key():
            reply = self._post.post(purpose, body, key=self._keyring.key(self._peer.pk), token=held)
        if reply.code == "exchange.not_known":
            raise Refused("exchange.unknown_there", N_("The authority does not know this link; enrol again."))
        if not any(reply.bears(key, purpose) for key in answering_keys(self._peer, clock.now())):
            raise Refused("exchange.unsigned_answer", N_("The answer does not bear the authority's signature."))
        if reply.code in _ENDED:
            end_there(peer=self._peer, code=reply.code, keyring=self._keyring, actor=self._actor, now=clock.now())
            raise NotAllowed("exchange.link_revoked", N_("This link was ended."))
        if reply.code == "exchange.token_refused":
            raise TokenWanted
        if reply.code == "exchange.replayed" and isinstance(reply.body.get("last"), int):
            Link.objects.filter(pk=self._peer.pk).update(count=min(reply.body["last"], 2**53 - 10))
        if reply.status >= 400:
            why = str(reply.body.get("detail", ""))[:300]
            raise Refused("exchange.answered", N_("The authority answers: {why}"), why=why)
        return reply

    def _head(self) -> dict[str, Any]:
        link = Link.objects.get(pk=self._peer.pk)
        now = clock.now()
        return {"peer": str(link.remote_id), "count": next_count(link, now), "sent_at": written(now)}

    def renew(self) -> bool:
        """Ask for a token; False while the comparison is not confirmed there."""
        body = self._letter("token", self._head(), token=False).body
        if body.get("state") != "active":
            return False
        try:
            token, collections = body["token"], body["collections"]
            root, until = body["api_root"], instant_of(body["expires_at"])
            good = all(isinstance(text, str) and len(text) <= 500 and text.isascii() for text in (token, root))
            if not good or not isinstance(collections, dict) or len(collections) > 20:
                raise ValueError(root)
            kept = {str(alias)[:100]: str(name)[:64] for alias, name in collections.items()}
        except (KeyError, ValueError, AttributeError) as error:
            wording = N_("The message between the two Vigils has not its form: {why}")
            raise Refused("exchange.bad_letter", wording, why="token") from error
        self._keyring.put_token(self._peer.pk, token)
        now = clock.now()
        lasts = min(until - instant_of(body["sent_at"]), TOKEN_LASTS) if "sent_at" in body else until - now
        take_access(
            peer=self._peer, expires_at=now + lasts, api_root=root, collections=kept, actor=self._actor, now=now
        )
        self._peer.refresh_from_db()
        return True

    def beat(self, interval_s: float) -> dict[str, str]:
        """Say that we live; returns the tips of the authority's collections."""
        cut = Link.objects.filter(pk=self._peer.pk, outage_since__isnull=False).exists()
        letter = compose(peer=self._peer, interval_s=interval_s, now=clock.now())
        reply = self._letter("heartbeat", letter)
        now = clock.now()
        tips = take_answer(
            peer=self._peer,
            letter=letter,
            answer=reply.body,
            round_trip=timedelta(seconds=reply.elapsed_s),
            actor=self._actor,
            now=now,
        )
        if cut:
            hasten(peer=self._peer, now=now)
        if "next_key" in reply.body:
            self._pin_next(str(letter["peer"]), reply.body["next_key"], str(reply.body.get("next_proof", "")))
        return tips

    def _pin_next(self, remote_id: str, public: str, proof: str) -> None:
        """The authority offers its next key, under its present one: know it, and say so with the next heartbeat."""
        signed = signed_bytes("next-key", f"{remote_id} {public}".encode())
        if not signature_holds(public, proof, signed):
            raise Refused("exchange.bad_public_key", N_("This is not an Ed25519 public key."))
        replace_key(peer=self._peer, public_key=public, actor=self._actor, now=clock.now())

    def post_waiting(self, taxii: Taxii) -> int:
        """Post what waits; returns how many were taken. Raises: TokenWanted, Unavailable."""
        taken = 0
        for _ in range(BATCHES_A_ROUND):
            rows = next_batch(peer=self._peer, now=clock.now())
            if not rows:
                break
            collection = Link.objects.get(pk=self._peer.pk).collections.get("returns", "")
            try:
                posted = taxii.post(collection, [row.obj for row in rows])
            except VigilError as error:
                not_reached(rows=rows, now=clock.now(), why=str(error.phrase))
                self._raise(error)
                raise
            good, undecided = self._sort(rows, posted.taken, posted.refused)
            taken += good
            if undecided:
                not_reached(rows=undecided, now=clock.now(), why="the peer failed to take it")
        return taken

    def _sort(
        self, rows: list[Outgoing], taken: frozenset[tuple[str, str]], refused: dict[tuple[str, str], str]
    ) -> tuple[int, list[Outgoing]]:
        now = clock.now()
        good = [row for row in rows if (row.stix_id, row.version) in taken]
        settled(accepted=good, now=now)
        undecided = []
        for row in rows:
            why = refused.get((row.stix_id, row.version))
            if why is not None:
                refused_there(row=row, reason=why, actor=self._actor, now=now)
            elif (row.stix_id, row.version) not in taken:
                undecided.append(row)
        return len(good), undecided

    def _raise(self, error: VigilError) -> None:
        if isinstance(error, NotAllowed):
            raise TokenWanted from error

    def read(self, taxii: Taxii, alias: str, receiver: Receiver) -> bool:
        """Read a collection from the cursor on; True when its end was reached."""
        link = Link.objects.get(pk=self._peer.pk)
        name = link.collections.get(alias)
        if not name or alias == "returns":
            return True
        limit = PAGE
        for _ in range(PAGES_A_ROUND):
            after = Cursor.objects.filter(peer=self._peer, alias=alias).values_list("added_after", flat=True).first()
            try:
                page = taxii.page(name, added_after=after or "", limit=limit)
            except NotFound:
                return True
            except NotAllowed as error:
                raise TokenWanted from error
            except Refused as error:
                if error.code != "exchange.answer_too_large" or limit == 1:
                    raise
                limit = max(1, limit // 8)
                continue
            if not page.objects:
                return True
            take_page(
                peer=self._peer,
                alias=alias,
                objects=page.objects,
                added_last=page.added_last,
                receiver=receiver,
                actor=self._actor,
                now=clock.now(),
            )
            if not page.more:
                return True
        return False

    def rotate(self) -> None:
        """Change our key for this peer: the old one signs the letter, the next one proves itself."""
        following = self._keyring.make_next(self._peer.pk)
        public = public_hex(following.public_key())
        head = self._head()
        proof = following.sign(signed_bytes("next-key", f"{head['peer']} {public}".encode())).hex()
        self._letter("rotate", {**head, "public_key": public, "proof": proof})
        if self._keyring.next_key(self._peer.pk) is not None:
            self._keyring.take_next(self._peer.pk)
            own_key_replaced(peer=self._peer, public_key=public, actor=self._actor, now=clock.now())

    def finish_rotation(self) -> None:
        """A rotation that was asked for (a next key lies ready) is carried out."""
        if self._keyring.next_key(self._peer.pk) is not None:
            self.rotate()

    def _try_next_key(self) -> bool:
        """We were killed after the authority took the next key and before we did: take it now."""
        following = self._keyring.next_key(self._peer.pk)
        if following is None:
            return False
        self._keyring.take_next(self._peer.pk)
        public = public_hex(following.public_key())
        own_key_replaced(peer=self._peer, public_key=public, actor=self._actor, now=clock.now())
        return True
