"""Proof of "bảo đảm kết nối, chia sẻ thông tin" (1.d): the link with the other side is up, and what happens here is
there in time. Measured from heartbeats and messages on both ends of the link."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings

from vigil.domain.exchange.models import Link, PeerKind, PeerState
from vigil.domain.exchange.queries.links import is_up, longest_delay_s, outage_limit, queue_of, uptime
from vigil.domain.organisations.models import Home, Organisation
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.proofs import Basis, Fact, Proof, Question, Verdict, cannot_tell

_DELAYS_OF = timedelta(hours=1)
_STEADY = 0.99
_CLOCK_OFF_MS = 300_000.0


class ConnectionProver:
    """Met: heartbeats pass, nothing waits too long, delays are within the limit. At risk: it is up, but something is
    late, or it was cut within the window. Not met: cut. Cannot tell: no link is there to be measured."""

    kinds: Collection[str] = ("information_sharing",)
    homes: Collection[str] = ("here", "peer")

    def prove(self, question: Question, now: datetime) -> Proof:
        """Source: the dispatch's item on keeping the connection and sharing information with the authority."""
        links = list(
            Link.objects.filter(peer__organisation_id=question.organisation, peer__kind=PeerKind.VIGIL)
            .exclude(peer__state=PeerState.REVOKED)
            .select_related("peer")
        )
        active = [link for link in links if link.peer.state == PeerState.ACTIVE]
        if not active:
            return self._without(question, now, links)
        judged = [self._judge(link, question, now) for link in active]
        return min(judged, key=lambda proof: _RANK[proof.verdict])

    def _without(self, question: Question, now: datetime, pending: list[Link]) -> Proof:
        if pending:
            step = phrase(N_("Compare the two screens and confirm that they match."))
            why = phrase(N_("A link is being made; nothing can be measured before it is confirmed."))
            return cannot_tell(question, now, why, step)
        home = Organisation.objects.filter(pk=question.organisation).values_list("home", flat=True).first()
        if home == Home.PEER:
            return Proof(
                question,
                Verdict.NOT_MET,
                Basis.MEASURED,
                phrase(N_("This organisation keeps its watch on its own Vigil, and that is not linked.")),
                now,
                now + timedelta(minutes=10),
                next_step=phrase(N_("Make an enrolment code for it.")),
                next_link="/links/",
            )
        if home == Home.GUEST:
            return cannot_tell(
                question,
                now,
                phrase(N_("A guest has no link that could be measured; what it attests is shown with its answers.")),
            )
        return cannot_tell(
            question,
            now,
            phrase(N_("No link with another Vigil is configured, so no connection can be measured.")),
            phrase(N_("Link this Vigil with the authority's: ask it for an enrolment code.")),
        )

    def _judge(self, link: Link, question: Question, now: datetime) -> Proof:
        limit = timedelta(seconds=settings.VIGIL_SHARE_WITHIN_S)
        queue, up = queue_of(link), is_up(link, now)
        late = queue.oldest_at is not None and now - queue.oldest_at > limit
        delay = longest_delay_s(link.peer, max(question.starts_at, now - _DELAYS_OF))
        slow = delay is not None and delay > limit.total_seconds()
        share = uptime(link.peer, question.starts_at, now)
        verdict, sentence, step = self._said(link, up, late, slow, share, now)
        facts = (
            self._beat(link, up, now),
            Fact(phrase(N_("Messages that wait: {n}"), n=queue.length), not late),
            *self._numbers(link, delay, slow, share),
        )
        until = now + timedelta(minutes=2)
        if up and link.beat_at is not None:
            until = min(until, link.beat_at + outage_limit(link))
        return Proof(
            question,
            verdict,
            Basis.MEASURED,
            sentence,
            now,
            until,
            facts,
            step,
            f"/links/{link.peer_id}/" if step is not None else "",
        )

    def _said(
        self, link: Link, up: bool, late: bool, slow: bool, share: float | None, now: datetime
    ) -> tuple[Verdict, Phrase, Phrase | None]:
        name = link.peer.name
        if not up:
            since = link.outage_since or link.beat_at or link.peer.linked_at or now
            return (
                Verdict.NOT_MET,
                phrase(N_("The link with {name} is cut: no heartbeat since {when}."), name=name, when=since),
                phrase(N_("Reach the other side by telephone, and check the network and both machines.")),
            )
        if late or slow:
            return (
                Verdict.AT_RISK,
                phrase(N_("The link with {name} is up, but messages take longer than agreed."), name=name),
                phrase(N_("See what waits and why.")),
            )
        if share is not None and share < _STEADY:
            return (
                Verdict.AT_RISK,
                phrase(N_("The link with {name} is up, but it was cut during this watch."), name=name),
                phrase(N_("See when it was cut.")),
            )
        return Verdict.MET, phrase(N_("The link with {name} is up, and messages arrive in time."), name=name), None

    def _beat(self, link: Link, up: bool, now: datetime) -> Fact:
        if link.beat_at is None:
            return Fact(phrase(N_("No heartbeat has come through yet")), False)
        return Fact(phrase(N_("Heartbeats pass (every {n} s)"), n=round(link.interval_s)), up)

    def _numbers(self, link: Link, delay: float | None, slow: bool, share: float | None) -> list[Fact]:
        facts = []
        if share is not None:
            said = phrase(N_("Up-time in this watch: {percent} %"), percent=f"{share:.1%}"[:-1])
            facts.append(Fact(said, share >= _STEADY))
        if delay is not None:
            facts.append(Fact(phrase(N_("Longest delay of the last hour: {n} s"), n=round(delay)), not slow))
        if link.last_in_at is not None or link.last_out_at is not None:
            newest = max(at for at in (link.last_in_at, link.last_out_at) if at is not None)
            facts.append(Fact(phrase(N_("Last message: {when}"), when=newest)))
        off = link.clock_offset_ms
        if off is not None and abs(off) > _CLOCK_OFF_MS:
            facts.append(Fact(phrase(N_("The other side's clock is off by {n} s"), n=round(off / 1000)), False))
        return facts


_RANK = {Verdict.NOT_MET: 0, Verdict.AT_RISK: 1, Verdict.CANNOT_TELL: 2, Verdict.MET: 3}
