"""Reading what changed. A number is given only to what is committed, by one reader at a time, and never twice."""

from typing import Final

from django.db import connection, transaction

from vigil.domain.changes.models import Change, Count

BATCH: Final = 5000
_GIVE = """
UPDATE changes_change SET sequence = placed.place FROM
  (SELECT id, %s + row_number() OVER (ORDER BY id) AS place FROM
    (SELECT id FROM changes_change WHERE sequence IS NULL ORDER BY id LIMIT %s {lock}) AS waiting) AS placed
WHERE changes_change.id = placed.id
"""


def up_to_date() -> int:
    """Give numbers to what was committed and has none; returns the last number given.

    A row that an open transaction is changing just now is passed over: it gets its number after that has ended.
    """
    Count.objects.get_or_create(pk=1)
    while Change.objects.filter(sequence=None).exists():
        with transaction.atomic():
            count = Count.objects.select_for_update().get(pk=1)
            lock = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
            with connection.cursor() as cursor:
                cursor.execute(_GIVE.format(lock=lock), [count.last, BATCH])
                given = cursor.rowcount
            if given:
                count.last += given
                count.save(update_fields=["last"])
        if given < BATCH:
            break
    return Count.objects.values_list("last", flat=True).get(pk=1)
