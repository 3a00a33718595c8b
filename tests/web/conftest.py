"""The pages' tests: plain static files, and passwords hashed fast."""

import pytest
from django.core.cache import cache
from tests.duty import hurried


@pytest.fixture(autouse=True)
def _light(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)
    cache.clear()  # how often somebody tried to sign in is remembered there
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
