"""Arrow works without pandas, and who wants pandas itself has it."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

_SAID = """
import sys
from vigil.kernel.arrow import without_pandas
without_pandas()
import pyarrow as pa, pyarrow.parquet as pq
assert pa.table({"a": [1, None], "b": [["x"], []]}).to_pylist()[1] == {"a": None, "b": []}
assert "pandas" not in sys.modules
without_pandas()
import pandas
assert pandas.Series([1]).sum() == 1
"""


@pytest.mark.skipif(find_spec("pandas") is None, reason="no pandas is installed")
def test_arrow_loads_no_pandas() -> None:
    subprocess.run([sys.executable, "-c", _SAID], check=True, timeout=60)
