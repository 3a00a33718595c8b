"""Entries, the personal data beside them, and the signed heads of their chain.

An entry is written in the transaction of the fact it tells. It has no place in the chain until the sealer, alone,
gives it a sequence number and binds it to its predecessor. Triggers (guards.py) refuse any other update and
every delete. What could name a person lies in `PersonalNote`; the chain holds only its salted digest.
"""

from django.db import models

from vigil.kernel.identifiers import new_id


class Entry(models.Model):
    """One change: who, when, what, to what, why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    row = models.BigIntegerField(unique=True, editable=False)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, blank=True)
    organisation_id = models.UUIDField(null=True, blank=True)
    why = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    personal_digest = models.CharField(max_length=64, blank=True)

    sequence = models.BigIntegerField(null=True, unique=True, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    hash = models.CharField(max_length=64, blank=True, editable=False)
    sealed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["row"]
        indexes = [
            models.Index(fields=["organisation_id", "-at"]),
            models.Index(fields=["subject", "-at"]),
            models.Index(fields=["action", "-at"]),
            models.Index(fields=["actor", "-row"]),
            models.Index(fields=["sequence", "row"]),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action} {self.subject}"


class ActorName(models.Model):
    """A name under which somebody acted, once: finding who did something looks through these, not through all entries.

    It goes with the last note that bears it.
    """

    name = models.CharField(max_length=200, unique=True)

    def __str__(self) -> str:
        return self.name


class PersonalNote(models.Model):
    """The personal part of an entry: names, addresses. Can be erased; the chain still verifies."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="personal", primary_key=True)
    salt = models.CharField(max_length=64, blank=True)
    content = models.JSONField(null=True)
    who = models.ForeignKey(ActorName, null=True, on_delete=models.PROTECT, related_name="notes")
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "erased" if self.erased_at else f"personal data of {self.entry_id}"


class Head(models.Model):
    """The chain's end at some moment, signed (Ed25519, RFC 8032)."""

    sequence = models.BigIntegerField(primary_key=True)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    key_id = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    class Meta:
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"head {self.sequence} {self.hash[:12]}"
