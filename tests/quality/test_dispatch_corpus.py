"""The labelled texts: at least 0.95 in every field, nothing invented."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "quality.py"


def quality() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dispatch_quality", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.corpus
def test_every_field_reaches_the_floor_and_nothing_is_invented() -> None:
    tool = quality()
    paths = tool.corpus()
    if not paths:
        if os.environ.get("CI") == "true":
            pytest.fail("the labelled texts are missing: set VIGIL_CORPUS")
        pytest.skip("the labelled texts are not here (VIGIL_CORPUS)")
    tally = tool.measure(paths)
    assert tool.failures(tally) == [], tool.report(tally)
