"""One directory for all tests of sign-in by LDAP."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from tests.oidc_provider import Provider, start_provider
from tests.slapd import Slapd, start_slapd

CALLBACK = "http://testserver/sign-in/oidc/back/"


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    started = start_slapd(tmp_path_factory.mktemp("slapd"))
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def _light(settings) -> None:
    cache.clear()  # how often somebody tried to sign in is remembered there
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    started = start_provider(tmp_path_factory.mktemp("provider"), CALLBACK)
    yield started
    if started.process.poll() is None:
        started.stop()
