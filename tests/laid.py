"""A data folder that is half prepared: an empty database with its tables, and the static files.

`vigil prepare` takes half a minute of processor for these two, which are the same for every Vigil of a test run. What
makes a Vigil its own (keys, accounts, the sample) is left to `vigil prepare`, which goes on from here.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
_MAKE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "vigil.project.settings"
import django
django.setup()
from vigil.faces.cli import prepare
prepare._migrate()
prepare._static_files()
"""


@cache
def _template() -> Path:
    """Made once for all groups of tests that run beside one another; whoever comes second waits for the first."""
    BUILD.mkdir(exist_ok=True)
    folder = BUILD / f"laid-{_digest()}"
    with (BUILD / "laid.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not folder.exists():
            for older in BUILD.glob("laid-*"):
                shutil.rmtree(older)
            made = Path(tempfile.mkdtemp(prefix="making-", dir=BUILD))
            env = {**os.environ, "VIGIL_DATA": str(made)}
            for name in ("VIGIL_DATABASE_URL", "VIGIL_OIDC_URL", "VIGIL_LDAP_URL", "VIGIL_MFA_ROLES"):
                env.pop(name, None)
            subprocess.run([sys.executable, "-c", _MAKE], env=env, check=True, capture_output=True, timeout=300)
            made.rename(folder)
    return folder


def _digest() -> str:
    """Of what makes tables and static files: any code of Vigil, the look's own files, the lock of the others."""
    found = hashlib.sha256()
    sources = [one for one in sorted((ROOT / "src").rglob("*")) if one.suffix in {".py", ".css", ".js", ".svg"}]
    for one in (*sources, ROOT / "package-lock.json", *sorted((ROOT / "requirements").glob("*.txt"))):
        found.update(f"{one.relative_to(ROOT)}\n".encode() + one.read_bytes())
    return found.hexdigest()[:16]


def lay(data: Path) -> None:
    """Lay the tables and the static files into `data`, unless there is a database already."""
    if (data / "vigil.sqlite3").exists():
        return
    template = _template()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy2(template / "vigil.sqlite3", data / "vigil.sqlite3")
    shutil.copytree(template / "static", data / "static", dirs_exist_ok=True)
