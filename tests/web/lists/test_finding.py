"""Finding Vietnamese names, with and without their marks, whatever their case."""

import pytest
from tests.web.rooms import organisation

from vigil.domain.organisations.models import Organisation
from vigil.faces.web.lists.finding import find

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "query, found",
    [
        ("tran", True),
        ("Trần", True),
        ("TRẦN", True),
        ("trấn", False),
        ("dac duc", True),
        ("Đức tran", True),
        ("ĐẮC", True),
        ("xyz", False),
        (".*", False),
        ("[a", False),
        ("\\", False),
        ("' OR 1=1 --", False),
        ("a" * 5000, False),
        ("\x00", True),
        ("", True),
    ],
)
def test_a_letter_without_marks_finds_the_marked_ones(query, found) -> None:
    organisation("TRẦN Đắc Đức")
    assert find(Organisation.objects.all(), query, ("name",)).exists() is found
