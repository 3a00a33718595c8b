"""A data folder that is half prepared: an empty database with its tables, and the static files.

`vigil prepare` takes nine seconds of processor for these two, which are the same for every Vigil of a test run. What
makes a Vigil its own (keys, accounts, the sample) is left to `vigil prepare`, which goes on from here.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from atexit import register
from functools import cache
from pathlib import Path

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
    folder = Path(tempfile.mkdtemp(prefix="vigil-laid-"))
    register(shutil.rmtree, folder, ignore_errors=True)
    env = {**os.environ, "VIGIL_DATA": str(folder / "data")}
    for name in ("VIGIL_DATABASE_URL", "VIGIL_OIDC_URL", "VIGIL_LDAP_URL", "VIGIL_MFA_ROLES"):
        env.pop(name, None)
    subprocess.run([sys.executable, "-c", _MAKE], env=env, check=True, capture_output=True, timeout=120)
    return folder / "data"


def lay(data: Path) -> None:
    """Lay the tables and the static files into `data`, unless there is a database already."""
    if (data / "vigil.sqlite3").exists():
        return
    template = _template()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy2(template / "vigil.sqlite3", data / "vigil.sqlite3")
    shutil.copytree(template / "static", data / "static", dirs_exist_ok=True)
