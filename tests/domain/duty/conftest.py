"""The world of the tests of duty."""

from copy import deepcopy

import pytest
from tests.duty import World, new_world
from tests.worlds import kept


@pytest.fixture(scope="module")
def _kept_world(django_db_setup, django_db_blocker):
    with kept(django_db_blocker, new_world) as made:
        yield made


@pytest.fixture
def world(_kept_world, db) -> World:
    """See `new_world`."""
    return deepcopy(_kept_world)
