"""Triggers that note every change of a listed row, whoever wrote it: an action, bulk work, a worker."""

from typing import Final, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper


class Source(NamedTuple):
    """A table whose rows are told of: which `kind`, the column with its key, whose it is (SQL over {row})."""

    table: str
    kind: str
    key: str = "id"
    organisation: str = "{row}.organisation_id"

    @property
    def itself(self) -> bool:
        """Whether the thing lives in this table, or only a part of it does."""
        return self.key == "id"


_BY_CAMPAIGN = "(SELECT c.organisation_id FROM directives_campaign c WHERE c.id = {row}.campaign_id)"
_NONE = "NULL"
SOURCES: Final = (
    Source("organisations_organisation", "organisation", organisation="{row}.id"),
    Source("organisations_person", "person"),
    Source("organisations_contactpoint", "contact_point"),
    Source("organisations_contactchannel", "contact_point", "contact_point_id", _NONE),
    Source("estate_informationsystem", "system"),
    Source("estate_edgedevice", "edge_device"),
    Source("directives_dispatch", "dispatch"),
    Source("directives_directive", "directive"),
    Source("directives_obligation", "directive", "directive_id", _NONE),
    Source("directives_watch", "watch"),
    Source("directives_assignment", "assignment", organisation=_NONE),
    Source("readiness_proofsnapshot", "assignment", "assignment_id", _NONE),
    Source("directives_campaign", "campaign"),
    Source("directives_recipient", "recipient", organisation=_BY_CAMPAIGN),
    Source("directives_receipt", "receipt", organisation=_NONE),
    Source("directives_drill", "drill", organisation=_BY_CAMPAIGN),
    Source("exchange_peer", "link"),
    Source("exchange_link", "link", "peer_id", _NONE),
)
_VERBS = ("INSERT", "UPDATE", "DELETE")


def _note(source: Source, verb: str) -> str:
    """The statement that notes one change. A part that goes does not remove what it is a part of."""
    row = "OLD" if verb == "DELETE" else "NEW"
    gone = "TRUE" if verb == "DELETE" and source.itself else "FALSE"
    keep = "removed = excluded.removed, organisation_id = excluded.organisation_id, " if source.itself else ""
    return (
        "INSERT INTO changes_change (kind, key, organisation_id, removed, sequence)"  # noqa: S608
        f" VALUES ('{source.kind}', {row}.{source.key}, {source.organisation.format(row=row)}, {gone}, NULL)"
        f" ON CONFLICT (kind, key) DO UPDATE SET {keep}sequence = NULL"
    )


def _sqlite() -> list[str]:
    made = []
    for source in SOURCES:
        for verb in _VERBS:
            name = f"changes_{source.table}_{verb.lower()}"
            made.append(f"DROP TRIGGER IF EXISTS {name}")
            made.append(f"CREATE TRIGGER {name} AFTER {verb} ON {source.table} BEGIN {_note(source, verb)}; END")
    return made


def _postgresql() -> list[str]:
    made = []
    for source in SOURCES:
        name = f"changes_{source.table}"
        made += [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'DELETE' THEN {_note(source, 'DELETE')}; ELSE {_note(source, 'UPDATE')}; END IF;"
            " RETURN NULL; END $$",
            f"DROP TRIGGER IF EXISTS {name} ON {source.table}",
            f"CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON {source.table}"
            f" FOR EACH ROW EXECUTE FUNCTION {name}()",
        ]
    return made


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place (again: SQLite drops them when a migration makes a table anew), and note every row
    that is not noted yet."""
    with connection.cursor() as cursor:
        for statement in {"sqlite": _sqlite, "postgresql": _postgresql}[connection.vendor]():
            cursor.execute(statement)
        for source in SOURCES:
            if source.itself:
                cursor.execute(
                    "INSERT INTO changes_change (kind, key, organisation_id, removed, sequence)"  # noqa: S608
                    f" SELECT '{source.kind}', t.id, {source.organisation.format(row='t')}, FALSE, NULL"
                    f" FROM {source.table} t WHERE TRUE ON CONFLICT (kind, key) DO NOTHING"
                )


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away."""
    with connection.cursor() as cursor:
        for source in SOURCES:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS changes_{source.table} ON {source.table}")
                continue
            for verb in _VERBS:
                cursor.execute(f"DROP TRIGGER IF EXISTS changes_{source.table}_{verb.lower()}")
