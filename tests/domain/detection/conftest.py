"""The world of the tests of detection: an organisation and two officers."""

import pytest
from tests.detection import officer

from vigil.domain.accounts.models import User
from vigil.domain.organisations.models import Organisation


@pytest.fixture
def lan(isp: Organisation, now) -> User:
    return officer(isp, "lan", now)


@pytest.fixture
def minh(isp: Organisation, now) -> User:
    return officer(isp, "minh", now)
