"""A data folder that is half prepared: an empty database with its tables, and the static files.

`vigil prepare` takes half a minute of processor for these two, which are the same for every Vigil of a test run. What
makes a Vigil its own (keys, accounts, the sample) is left to `vigil prepare`, which goes on from here.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
_MAKE = """
import os, sqlite3, sys
from contextlib import closing
os.environ["DJANGO_SETTINGS_MODULE"] = "vigil.project.settings"
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from vigil.domain.changes.triggers import install
from vigil.faces.cli import prepare
call_command("migrate", interactive=False, verbosity=0)
with closing(sqlite3.connect(sys.argv[1])) as tables:
    connection.connection.backup(tables)
install(connection)
prepare._static_files()
"""
_TABLES = "tables.sqlite3"


@cache
def _template() -> Path:
    """Made once for all groups of tests that run beside one another; whoever comes second waits for the first."""
    BUILD.mkdir(exist_ok=True)
    folder = BUILD / f"laid-{_digest()}"
    with (BUILD / "laid.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not folder.exists():
            for older in BUILD.glob("laid-*"):
                if time.time() - older.stat().st_mtime > 86_400:  # a run that still goes on may use it
                    shutil.rmtree(older)
            made = Path(tempfile.mkdtemp(prefix="making-", dir=BUILD))
            env = {**os.environ, "VIGIL_DATA": str(made)}
            for name in ("VIGIL_DATABASE_URL", "VIGIL_OIDC_URL", "VIGIL_LDAP_URL", "VIGIL_MFA_ROLES"):
                env.pop(name, None)
            subprocess.run(
                [sys.executable, "-c", _MAKE, str(made / _TABLES)],
                env=env,
                check=True,
                capture_output=True,
                timeout=300,
            )
            made.rename(folder)
    return folder


def _digest() -> str:
    """Of what makes tables and static files: any code of Vigil, the look's own files, the lock of the others."""
    found = hashlib.sha256()
    sources = [one for one in sorted((ROOT / "src").rglob("*")) if one.suffix in {".py", ".css", ".js", ".svg"}]
    for one in (*sources, Path(__file__), ROOT / "package-lock.json", *sorted((ROOT / "requirements").glob("*.txt"))):
        found.update(f"{one.relative_to(ROOT)}\n".encode() + one.read_bytes())
    return found.hexdigest()[:16]


def test_database_with_tables() -> None:
    """Django's test database on SQLite begins with the tables there: its own `migrate` finds nothing left to do."""
    from django.db.backends.signals import connection_created

    def fill(connection: Any, **_: object) -> None:
        settings = connection.settings_dict
        if settings["NAME"] == settings["TEST"]["NAME"] and not connection.introspection.table_names():
            with closing(sqlite3.connect(f"file:{_template() / _TABLES}?mode=ro", uri=True)) as tables:
                tables.backup(connection.connection)

    connection_created.connect(fill, weak=False, dispatch_uid="tests.laid")


def lay(data: Path) -> None:
    """Lay the tables and the static files into `data`, unless there is a database already."""
    if (data / "vigil.sqlite3").exists():
        return
    template = _template()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy2(template / "vigil.sqlite3", data / "vigil.sqlite3")
    shutil.copytree(template / "static", data / "static", dirs_exist_ok=True)


if __name__ == "__main__":
    _template()
