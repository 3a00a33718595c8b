"""A rule set between what it would change and its taking in: kept as it was read, under its digest, for a day."""

import gzip
import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import orjson
from django.conf import settings

from vigil.domain.detection.rule_files import ReadRule
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

KEPT_FOR: Final = timedelta(days=1)
_MOST: Final = 5
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def stage(read: Sequence[ReadRule], now: datetime) -> str:
    """Keep them; returns the digest by which `staged` finds them. What is older goes, and all but the newest few."""
    data = orjson.dumps([asdict(one) for one in read])
    digest = hashlib.sha256(data).hexdigest()
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{digest}.gz"
    part = path.with_suffix(".part")
    part.write_bytes(gzip.compress(data, 1))
    part.replace(path)
    kept = sorted(folder.glob("*.gz"), key=lambda one: one.stat().st_mtime, reverse=True)
    for n, one in enumerate(kept):
        if one != path and (n >= _MOST or one.stat().st_mtime < (now - KEPT_FOR).timestamp()):
            one.unlink(missing_ok=True)
    return digest


def staged(digest: str) -> list[ReadRule]:
    """What `stage` was given. Raises: Refused `rules.stale`."""
    try:
        if not _DIGEST.fullmatch(digest):
            raise ValueError
        data = gzip.decompress((_folder() / f"{digest}.gz").read_bytes())
        if hashlib.sha256(data).hexdigest() != digest:
            raise ValueError
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise Refused("rules.stale", N_("What was read of this archive is gone. Choose it again.")) from error
    return [ReadRule(**{**one, "techniques": tuple(one["techniques"])}) for one in orjson.loads(data)]


def unstage(digest: str) -> None:
    """It is taken in, or not wanted."""
    if _DIGEST.fullmatch(digest):
        (_folder() / f"{digest}.gz").unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.VIGIL_DATA) / "rule-sets"
