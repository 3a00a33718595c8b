"""Peers, and the tokens by which those below us are known.

The organisation always dials out: a peer `above` is an authority's Vigil that this one calls; a peer `below` calls
this one. A token is random (at least 160 bits); only its SHA-256 is kept.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation
from vigil.kernel.identifiers import new_id
from vigil.kernel.tlp import Tlp


class PeerKind(models.TextChoices):
    """What is at the other end."""

    VIGIL = "vigil", _("Another Vigil")
    TAXII = "taxii", _("A TAXII client")


class PeerSide(models.TextChoices):
    """Who calls whom."""

    ABOVE = "above", _("This Vigil calls it")
    BELOW = "below", _("It calls this Vigil")


class PeerState(models.TextChoices):
    """Whether anything may pass."""

    PENDING = "pending", _("To be compared")
    ACTIVE = "active", _("Linked")
    REVOKED = "revoked", _("Revoked")


class Peer(models.Model):
    """Another Vigil or TAXII client. `organisation`: whose watch passes over the link (below: the member that calls us;
    above: our own organisation that the authority addresses). `tlp_ceiling`: the strictest label it may be sent."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="peers")
    name = models.CharField(_("Name"), max_length=300)
    kind = models.CharField(_("Kind"), max_length=10, choices=PeerKind.choices, default=PeerKind.VIGIL)
    side = models.CharField(_("Side"), max_length=10, choices=PeerSide.choices)
    state = models.CharField(_("State"), max_length=10, choices=PeerState.choices, default=PeerState.PENDING)
    tlp_ceiling = models.PositiveSmallIntegerField(default=Tlp.AMBER_STRICT.rank)
    url = models.CharField(_("Address"), max_length=500, blank=True)
    public_key = models.CharField(max_length=64, blank=True)  # Ed25519 (RFC 8032), hex
    created_at = models.DateTimeField()
    linked_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AccessToken(models.Model):
    """A bearer token of a peer below. While keys rotate, the old and the new one both work."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="tokens")
    sha256 = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-issued_at"]

    def __str__(self) -> str:
        return f"token of {self.peer_id}, issued {self.issued_at:%Y-%m-%d}"
