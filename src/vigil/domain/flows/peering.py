"""What goes between a campaign here and the Vigil of a recipient, both ways."""

from datetime import datetime

from vigil.domain.directives.actions.carrying import not_sent
from vigil.domain.directives.models import Campaign, Receipt, Recipient
from vigil.domain.exchange.models import Peer, PeerSide, PeerState
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import N_

NO_LINK = N_("its Vigil is not linked yet")


def send_directive(*, campaign: Campaign, recipient: Recipient, actor: Actor, now: datetime) -> None:
    """Put the directive, as it stands, into the collection that the recipient's Vigil reads."""
    peer = Peer.objects.filter(
        organisation_id=recipient.organisation_id, side=PeerSide.BELOW, state=PeerState.ACTIVE
    ).first()
    if peer is None:
        not_sent(recipient, NO_LINK)


def send_receipt(*, kept: Receipt, actor: Actor, now: datetime) -> None:
    """Tell the authority's Vigil what was answered here; nothing to do when the directive is this Vigil's own."""


def report_upwards(*, actor: Actor, now: datetime) -> int:
    """Send what changed since it was last reported; returns how many objects."""
    return 0
