"""The world of the tests of duty."""

import pytest
from tests.duty import World, new_world


@pytest.fixture
def world(db) -> World:
    """See `new_world`."""
    return new_world()
