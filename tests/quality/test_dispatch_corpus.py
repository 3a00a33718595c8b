"""The labelled texts: at least 0.95 in every field, nothing invented."""

import os

import pytest
from tools.quality import dispatch


@pytest.mark.corpus
def test_every_field_reaches_the_floor_and_nothing_is_invented() -> None:
    paths = dispatch.corpus()
    if not paths:
        if os.environ.get("CI") == "true":
            pytest.fail("the labelled texts are missing: set VIGIL_CORPUS")
        pytest.skip("the labelled texts are not here (VIGIL_CORPUS)")
    tally = dispatch.measure(paths)
    assert dispatch.failures(tally) == [], dispatch.report(tally)
