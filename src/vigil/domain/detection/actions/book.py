"""The rule book's version: whoever changes what is looked for says so in the same transaction."""

from django.db.models import F

from vigil.domain.detection.models import RuleBook


def bump() -> None:
    """One more than before. Call it inside the transaction of the change; who detects then loads anew."""
    RuleBook.objects.get_or_create(pk=1)
    RuleBook.objects.filter(pk=1).update(version=F("version") + 1)


def bump_sources() -> None:
    """The same for sources: whoever tells by token or address whose a record is then reads them anew."""
    RuleBook.objects.get_or_create(pk=1)
    RuleBook.objects.filter(pk=1).update(sources=F("sources") + 1)
