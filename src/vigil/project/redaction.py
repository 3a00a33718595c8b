"""Keys that stand in addresses are left out of the log: whoever reads the log must not be able to open them."""

import logging
import re
from typing import Final

_KEYED: Final = re.compile(r"(/(?:[gtp]|deadman)/)[A-Za-z0-9_-]{16,}")


def without_keys(text: str) -> str:
    """`text` with the key of every guest's, test's, page's or switch's address replaced by `…`."""
    return _KEYED.sub(r"\1…", text)


class WithoutKeys(logging.Filter):
    """Rewrites a record; lets every one through."""

    def filter(self, record: logging.LogRecord) -> bool:
        """The message is put together here, so that a key among its arguments is found too."""
        plain = record.getMessage()
        if _KEYED.search(plain):
            record.msg, record.args = without_keys(plain), ()
        return True
