"""A consistent copy of the database: SQLite's backup API, PostgreSQL's pg_dump and pg_restore."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vigil.kernel.errors import Conflict, Unavailable
from vigil.kernel.phrases import N_


def dump_database(database: Mapping[str, Any], folder: Path) -> Path:
    """Write a consistent copy into `folder`; `database` is Django's dictionary of one connection.

    Raises: Unavailable `backup.no_tool`, `backup.failed`.
    """
    if database["ENGINE"].endswith("sqlite3"):
        target = folder / "vigil.sqlite3"
        source = sqlite3.connect(f"file:{database['NAME']}?mode=ro", uri=True)
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
        finally:
            copy.close()
            source.close()
        return target
    target = folder / "vigil.pgdump"
    _run_tool("pg_dump", ["--format=custom", "--no-owner", f"--file={target}"], database)
    return target


def restore_database(database: Mapping[str, Any], source: Path) -> None:
    """Put a copy in place. The database must be empty.

    Raises: Conflict `backup.not_empty`; Unavailable `backup.no_tool`, `backup.failed`, `backup.other_database`.
    """
    if database["ENGINE"].endswith("sqlite3"):
        if source.suffix != ".sqlite3":
            raise Unavailable("backup.other_database", N_("This backup is of PostgreSQL; set VIGIL_DATABASE_URL."))
        target = Path(database["NAME"])
        if target.exists():
            raise Conflict("backup.not_empty", N_("There is already a database; a restore never overwrites one."))
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return
    if source.suffix != ".pgdump":
        raise Unavailable("backup.other_database", N_("This backup is of SQLite; unset VIGIL_DATABASE_URL."))
    _run_tool(
        "pg_restore",
        ["--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={database['NAME']}", str(source)],
        database,
    )


def _run_tool(tool: str, arguments: list[str], database: Mapping[str, Any]) -> None:
    program = shutil.which(tool)
    if program is None:
        raise Unavailable("backup.no_tool", N_("{tool} is not installed."), tool=tool)
    environment = {
        **os.environ,
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"]),
        "PGUSER": str(database["USER"]),
        "PGPASSWORD": str(database["PASSWORD"]),
        "PGDATABASE": str(database["NAME"]),
    }
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise Unavailable("backup.failed", N_("{tool} failed: {why}"), tool=tool, why=done.stderr.strip()[-500:])
