"""`vigil taxii` as its user calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.integration.cli.test_backup import _vigil
from tests.laid import lay
from tests.stix import indicator

_PEER = """
import django; django.setup()

from vigil.domain.exchange.models import Peer
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock
Peer.objects.create(organisation=Organisation.objects.first(), name="Bộ Thử nghiệm", side="below", state="active",
                    created_at=clock.now())
"""


def test_a_token_is_issued_objects_published_and_the_token_revoked(tmp_path: Path) -> None:
    data = tmp_path / "var"
    lay(data)
    _vigil(data, "prepare", "--sample")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
    environment |= {"VIGIL_DATA": str(data), "DJANGO_SETTINGS_MODULE": "vigil.project.settings"}
    subprocess.run([sys.executable, "-c", _PEER], env=environment, check=True)
    token = _vigil(data, "taxii", "token", "issue", "Bộ Thử nghiệm", "--days", "7").stdout.strip()
    assert len(token) >= 43
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps({"type": "bundle", "objects": [indicator(1), indicator(2), indicator(1)]}))
    done = json.loads(_vigil(data, "taxii", "publish", "indicators", str(file), "--tlp", "green").stdout)
    assert done == {"added": 2, "already_there": 1, "withheld": 0}
    done = json.loads(_vigil(data, "taxii", "publish", "indicators", str(file), "--tlp", "red").stdout)
    assert done == {"added": 0, "already_there": 0, "withheld": 3}
    listed = {row["alias"]: row for row in json.loads(_vigil(data, "taxii", "collections", "--json").stdout)}
    assert listed["indicators"]["objects"] == 2
    assert listed["returns"]["grants"] == {"Bộ Thử nghiệm": "read write"}
    assert "indicators" in _vigil(data, "taxii", "collections").stdout
    assert _vigil(data, "taxii", "token", "revoke", "Bộ Thử nghiệm", "--why", "lost").stdout.strip() == "1"
    for wrong in (
        ["publish", "none", str(file), "--tlp", "green"],
        ["publish", "indicators", str(file), "--tlp", "blue"],
        ["token", "issue", "nobody"],
    ):
        assert _vigil(data, "taxii", *wrong, check=False).returncode == 2
