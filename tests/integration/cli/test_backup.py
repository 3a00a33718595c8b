"""A backup taken while Vigil writes comes back whole: the watch, the originals, the journal that verifies."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tests.laid import lay


def _vigil(data: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
    environment |= {"VIGIL_DATA": str(data), "VIGIL_LANG": "en", "DJANGO_SETTINGS_MODULE": "vigil.project.settings"}
    command = [sys.executable, "-m", "vigil.faces.cli", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    if check and done.returncode:
        raise AssertionError(f"{arguments} -> {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data folder with the sample in it, and a backup of it."""
    data = tmp_path_factory.mktemp("data") / "var"
    lay(data)
    _vigil(data, "prepare", "--sample")
    archive = data.parent / "backup.tar.gz"
    _vigil(data, "backup", str(archive))
    return data, archive


def test_a_restore_brings_everything_back_and_verifies_the_journal(kept, tmp_path) -> None:
    data, archive = kept
    fresh = tmp_path / "fresh"
    done = json.loads(_vigil(fresh, "restore", str(archive), "--json").stdout)
    assert done["journal_holds"] is True
    before, after = (json.loads(_vigil(folder, "watch", "show", "--json").stdout) for folder in (data, fresh))
    assert before == after
    assert len(before) == 1
    originals = [p.relative_to(data / "originals") for p in (data / "originals").rglob("*") if p.is_file()]
    assert originals
    for name in originals:
        assert (fresh / "originals" / name).read_bytes() == (data / "originals" / name).read_bytes()
    assert (fresh / "keys" / "journal.key").stat().st_mode & 0o777 == 0o600


def test_a_restore_never_overwrites_anything(kept) -> None:
    data, archive = kept
    done = _vigil(data, "restore", str(archive), check=False)
    assert done.returncode == 3
    assert "backup.not_empty" in done.stderr


def test_a_backup_never_overwrites_a_file_and_is_for_its_owner_alone(kept) -> None:
    data, archive = kept
    assert _vigil(data, "backup", str(archive), check=False).returncode == 2
    assert archive.stat().st_mode & 0o777 == 0o600


def _rewrite(source: Path, target: Path, *, change: str) -> None:
    """The archive with one thing done to it."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for entry in old:
            data = old.extractfile(entry).read()
            if change == "content" and entry.name.startswith("originals/"):
                data = b"x" + data[1:]
            if change == "removed" and entry.name.startswith("originals/"):
                continue
            entry.size = len(data)
            new.addfile(entry, io.BytesIO(data))
        if change == "traversal":
            entry = tarfile.TarInfo("../outside")
            entry.size = 1
            new.addfile(entry, io.BytesIO(b"x"))
        if change == "link":
            entry = tarfile.TarInfo("originals/link")
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            new.addfile(entry)


@pytest.mark.parametrize("change", ["content", "removed", "traversal", "link", "cut", "text"])
def test_a_damaged_or_dishonest_backup_is_refused_and_leaves_nothing(kept, tmp_path, change) -> None:
    _, archive = kept
    bad = tmp_path / "bad.tar.gz"
    if change == "cut":
        bad.write_bytes(archive.read_bytes()[:-5000])
    elif change == "text":
        bad.write_text("no archive")
    else:
        _rewrite(archive, bad, change=change)
    fresh = tmp_path / "fresh"
    done = _vigil(fresh, "restore", str(bad), check=False)
    assert done.returncode == 3, done.stderr
    assert "backup.damaged" in done.stderr
    assert not (fresh / "vigil.sqlite3").exists()
    assert not (tmp_path / "outside").exists()
