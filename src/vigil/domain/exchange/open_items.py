"""What is unfinished here: links that are cut or wait for a comparison, messages refused there, objects put aside."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from vigil.domain.exchange.models import Link, Outgoing, OutgoingState, Peer, PeerState, Quarantined
from vigil.kernel.phrases import N_, phrase
from vigil.kernel.proofs import OpenItem

_RECENT = timedelta(days=7)


class LinkOpenItems:
    """Open matters of an organisation's links."""

    def open_items(self, organisation: UUID, now: datetime) -> Sequence[OpenItem]:
        """Cut links, comparisons not made, refusals and quarantine of the last week; oldest first."""
        found: list[OpenItem] = []
        peers = Peer.objects.filter(organisation_id=organisation).exclude(state=PeerState.REVOKED)
        for peer in peers.filter(state=PeerState.PENDING, link__isnull=False):
            statement = phrase(N_("The link with {name} waits for the comparison of both screens."), name=peer.name)
            found.append(OpenItem("exchange", statement, peer.created_at, _page(peer.pk)))
        for link in Link.objects.filter(peer__in=peers, outage_since__isnull=False).select_related("peer"):
            statement = phrase(N_("The link with {name} is cut."), name=link.peer.name)
            found.append(OpenItem("exchange", statement, link.outage_since or now, _page(link.peer_id)))
        for peer in peers:
            refused = Outgoing.objects.filter(
                peer=peer, state=OutgoingState.REFUSED, settled_at__gte=now - _RECENT
            ).order_by("settled_at")
            first = refused.first()
            if first is not None:
                statement = phrase(N_("{name} refused {n} of our messages."), name=peer.name, n=refused.count())
                found.append(OpenItem("exchange", statement, first.settled_at or now, _page(peer.pk)))
            aside = Quarantined.objects.filter(peer=peer, at__gte=now - _RECENT).order_by("at")
            oldest = aside.first()
            if oldest is not None:
                statement = phrase(N_("{n} objects of {name} could not be taken."), name=peer.name, n=aside.count())
                found.append(OpenItem("exchange", statement, oldest.at, _page(peer.pk)))
        return sorted(found, key=lambda item: item.since)


def _page(peer: UUID) -> str:
    return f"/links/{peer}/"
