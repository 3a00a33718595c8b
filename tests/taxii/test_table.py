"""docs/reference/taxii-musts.md names a test for every MUST: the tests are there, and none of a section is missing."""

import re
from importlib import import_module
from pathlib import Path

TABLE = Path(__file__).parents[2] / "docs" / "reference" / "taxii-musts.md"
MODULES = ("test_musts", "test_resources", "test_posting")
NOT_OURS = {"3.9", "8.2.2"}  # DNS and TLS are the deployment's


def _rows() -> list[list[str]]:
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_every_row_names_a_test_that_is_there() -> None:
    for section, must, held in _rows():
        assert re.match(r"\d(\.\d)*", section) and must, section
        named = re.fullmatch(r"`(test_\w+)\.py::(test_\w+)`", held)
        if section in NOT_OURS:
            assert named is None
            continue
        assert named is not None, (section, held)
        assert callable(getattr(import_module(f"tests.taxii.{named[1]}"), named[2], None)), held


def test_every_test_of_a_section_is_in_the_table() -> None:
    named = set(re.findall(r"::(test_\w+)`", TABLE.read_text("utf-8")))
    ours = {name for module in MODULES for name in dir(import_module(f"tests.taxii.{module}"))}
    assert {name for name in ours if re.match(r"test_\d", name)} - named == set()
