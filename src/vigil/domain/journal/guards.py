"""Triggers that make the journal append-only in the database itself: no delete, no update but sealing, once."""

from django.db.backends.base.base import BaseDatabaseWrapper

_CONTENT = [
    "id",
    "row",
    "at",
    "actor",
    "action",
    "subject",
    "organisation_id",
    "why",
    "facts",
    "personal_digest",
]

_CHANGED = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in _CONTENT)
_OLD, _NEW = (", ".join(f'{row}."{column}"' for column in _CONTENT) for row in ("OLD", "NEW"))

_SQLITE = [
    f"""
    CREATE TRIGGER IF NOT EXISTS journal_entry_update BEFORE UPDATE ON journal_entry
    WHEN OLD.sequence IS NOT NULL OR NEW.sequence IS NULL OR {_CHANGED}
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS journal_entry_delete BEFORE DELETE ON journal_entry
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS journal_head_update BEFORE UPDATE ON journal_head
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS journal_head_delete BEFORE DELETE ON journal_head
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
]
_POSTGRESQL = [
    "CREATE SEQUENCE IF NOT EXISTS journal_entry_row_seq",
    f"""
    CREATE OR REPLACE FUNCTION journal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_TABLE_NAME = 'journal_entry' AND TG_OP = 'UPDATE' THEN
        IF OLD.sequence IS NULL AND NEW.sequence IS NOT NULL
           AND ({_OLD}) IS NOT DISTINCT FROM ({_NEW})
        THEN RETURN NEW; END IF;
      END IF;
      RAISE EXCEPTION 'the journal is append-only';
    END $$
    """,
    "DROP TRIGGER IF EXISTS journal_entry_guard ON journal_entry",
    "CREATE TRIGGER journal_entry_guard BEFORE UPDATE OR DELETE ON journal_entry"
    " FOR EACH ROW EXECUTE FUNCTION journal_guard()",
    "DROP TRIGGER IF EXISTS journal_head_guard ON journal_head",
    "CREATE TRIGGER journal_head_guard BEFORE UPDATE OR DELETE ON journal_head"
    " FOR EACH ROW EXECUTE FUNCTION journal_guard()",
]
_REMOVE = {
    "sqlite": [
        f"DROP TRIGGER IF EXISTS journal_{table}_{verb}" for table in ("entry", "head") for verb in ("update", "delete")
    ],
    "postgresql": [
        "DROP TRIGGER IF EXISTS journal_entry_guard ON journal_entry",
        "DROP TRIGGER IF EXISTS journal_head_guard ON journal_head",
    ],
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place."""
    _run(connection, {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[connection.vendor])


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away (a test's tampering, or emptying a test database)."""
    _run(connection, _REMOVE[connection.vendor])


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
