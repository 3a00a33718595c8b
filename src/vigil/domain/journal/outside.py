"""The copy of the signed heads outside the database: one JSON object a line, appended and fsynced, never rewritten."""

import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from vigil.domain.journal.chain import instant
from vigil.domain.journal.models import Head
from vigil.kernel.files import sync_folder

HEADS_FILE = "heads.jsonl"


@dataclass(frozen=True, slots=True)
class KeptHead:
    """One line of the file."""

    sequence: int
    hash: str
    at: datetime
    signature: str


@dataclass(slots=True)
class KeptHeads:
    """What the file holds; `garbled` counts lines that are no head (a torn last line, from a crash, is not one)."""

    heads: list[KeptHead] = field(default_factory=list)
    garbled: int = 0


def heads_kept_outside(folder: Path) -> KeptHeads:
    """Read the file, oldest head first."""
    found = KeptHeads()
    path = folder / HEADS_FILE
    if not path.exists():
        return found
    lines = path.read_bytes().split(b"\n")
    torn = lines.pop()  # what follows the last line's end
    for line in lines:
        if line.startswith(_MENDED):
            continue
        head = _head(line)
        if head is None:
            found.garbled += 1
        else:
            found.heads.append(head)
    last = _head(torn) if torn else None
    if last is not None:
        found.heads.append(last)
    return found


_MENDED = b"#torn "  # how the sealer marks a line that a crash cut off, before it writes on


def _head(line: bytes) -> KeptHead | None:
    try:
        row = json.loads(line)
        return KeptHead(
            int(row["sequence"]), str(row["hash"]), datetime.fromisoformat(str(row["at"])), str(row["signature"])
        )
    except (ValueError, KeyError, TypeError):
        return None


def keep_outside(folder: Path) -> None:
    """Append the heads that the file lacks. A crash leaves it behind the database, never ahead."""
    path = folder / HEADS_FILE
    last = _last_kept(path)
    missing = Head.objects.filter(sequence__gt=last).order_by("sequence")
    lines = [
        json.dumps(
            {
                "sequence": head.sequence,
                "hash": head.hash,
                "at": instant(head.at),
                "key_id": head.key_id,
                "signature": head.signature,
            }
        )
        for head in missing
    ]
    if not lines:
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _mend(path)
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)


def _last_kept(path: Path) -> int:
    """The last head in the file, read from its end: the file grows for years."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8192))
        tail = file.read().split(b"\n")
    known = [head.sequence for line in tail if (head := _head(line)) is not None]
    return max(known, default=0)


def _mend(path: Path) -> None:
    """Close a line that a crash cut off, marked as such."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        content_end = path.stat().st_size
        file.seek(max(0, content_end - 8192))
        tail = file.read()
        torn = tail.rsplit(b"\n", 1)[-1]
        if torn:
            file.seek(content_end - len(torn))
            whole = _head(torn) is not None
            file.write(torn + b"\n" if whole else _MENDED + torn + b"\n")
            file.flush()
            os.fsync(file.fileno())
