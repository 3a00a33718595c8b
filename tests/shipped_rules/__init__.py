"""For every rule that Vigil ships: lines on which it must hold, and lines near them on which it must not."""

from tests.shipped_rules.linux import LINUX
from tests.shipped_rules.network import NETWORK
from tests.shipped_rules.web import WEB
from tests.shipped_rules.windows import WINDOWS

CASES: dict[str, tuple[list[list[str]], list[list[str]]]] = {**WEB, **LINUX, **WINDOWS, **NETWORK}
"""By title: sets of lines that it finds, sets of lines that it does not."""
