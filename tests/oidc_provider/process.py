"""The provider's process: its settings, its addresses, its one client."""

import json
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

SAID: dict[str, dict[str, Any]] = {}


def configure(folder: Path, port: int) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    settings.configure(
        SECRET_KEY="provider",
        ALLOWED_HOSTS=["localhost"],
        ROOT_URLCONF="tests.oidc_provider.urls",
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
            "allauth", "allauth.account", "allauth.idp.oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "provider.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        IDP_OIDC_PRIVATE_KEY=pem.decode(),
        IDP_OIDC_ADAPTER="tests.oidc_provider.adapter.Adapter",
        SESSION_COOKIE_NAME="provider_session",
        USE_TZ=True,
    )  # fmt: skip


def say(body: bytes) -> None:
    """Keep what is to be told of somebody."""
    told = json.loads(body)
    SAID[told["user"]] = told["claims"]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what goes wrong is in the answers."""


def main(folder: Path, port: int, callbacks: list[str]) -> None:
    configure(folder, port)
    import django

    django.setup()
    from allauth.idp.oidc.models import Client
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    from tests.oidc_provider import CLIENT, SECRET

    call_command("migrate", verbosity=0)
    client = Client(id=CLIENT, name="Vigil", skip_consent=True, scopes="openid\nprofile\nemail")
    client.redirect_uris = "\n".join(callbacks)
    client.set_secret(SECRET)
    client.save()
    make_server("127.0.0.1", port, get_wsgi_application(), _Server, _Quiet).serve_forever()


if __name__ == "__main__":
    from tests.oidc_provider import process  # the module that the others see, not `__main__`

    process.main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
