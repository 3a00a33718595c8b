"""A mistake in how people shall sign in stops the start, and the sentence names the setting."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LDAP = {"VIGIL_LDAP_URL": "ldaps://ldap.bo-mau.example", "VIGIL_LDAP_BASE": "dc=x"}
OIDC = {"VIGIL_OIDC_URL": "https://sso.bo-mau.example", "VIGIL_OIDC_CLIENT_ID": "v", "VIGIL_OIDC_CLIENT_SECRET": "s"}


def _run(tmp_path: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
    environment = {**kept, "VIGIL_DATA": str(tmp_path), "VIGIL_LANG": "en", **settings}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_an_unknown_role_stops_the_start_in_one_plain_line(tmp_path) -> None:
    done = _run(tmp_path, "-m", "vigil.faces.cli", "prepare", VIGIL_MFA_ROLES="king")
    assert done.returncode == 2
    assert done.stderr.startswith("Vigil: VIGIL_MFA_ROLES: there is no role 'king'; there are: administrator,")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "settings, named",
    [
        ({**OIDC, "VIGIL_OIDC_ROLES": "leads"}, "VIGIL_OIDC_ROLES"),
        ({**OIDC, "VIGIL_OIDC_URL": "http://sso.bo-mau.example"}, "VIGIL_OIDC_URL"),
        ({**OIDC, "VIGIL_OIDC_CLIENT_SECRET": ""}, "VIGIL_OIDC_URL needs VIGIL_OIDC_CLIENT_ID and"),
        ({**OIDC, "VIGIL_OIDC_CLIENT_SECRET_FILE": "/no/such/file"}, "VIGIL_OIDC_CLIENT_SECRET_FILE"),
        ({**LDAP, "VIGIL_LDAP_ROLES": "x => king@*"}, "VIGIL_LDAP_ROLES"),
        ({**LDAP, "VIGIL_LDAP_STARTTLS": "0", "VIGIL_LDAP_URL": "ldap://ldap.bo-mau.example"}, "VIGIL_LDAP_STARTTLS"),
        ({**LDAP, "VIGIL_LDAP_CA": "/no/such/file"}, "VIGIL_LDAP_CA"),
    ],
)
def test_each_setting_is_checked(tmp_path, settings, named) -> None:
    done = _run(tmp_path, "-c", "import vigil.project.sign_in", **settings)
    assert f"ImproperlyConfigured: {named}" in done.stderr


def test_secrets_come_from_files_and_show_in_no_description(tmp_path) -> None:
    (tmp_path / "secret").write_text("rất bí mật\n", "utf-8")
    file = str(tmp_path / "secret")
    settings = {**LDAP, **OIDC, "VIGIL_OIDC_CLIENT_SECRET_FILE": file, "VIGIL_LDAP_PASSWORD_FILE": file}
    settings["VIGIL_LDAP_BIND_DN"] = "cn=vigil"
    script = (
        "from vigil.project.sign_in import LDAP, OIDC;"
        "assert LDAP.bind_password == OIDC.client_secret == 'r\u1ea5t b\u00ed m\u1eadt'; print(LDAP, OIDC)"
    )
    done = _run(tmp_path, "-c", script, **settings)
    assert done.returncode == 0, done.stderr
    assert "mật" not in done.stdout
