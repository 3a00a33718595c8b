"""`vigil backup FILE` and `vigil restore FILE`."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from vigil.faces.cli.terms import print_json, progress, settings_alone, start_django, translator


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backup(file: Path, as_json: bool) -> None:
    """Write a backup of everything into FILE (.tar.gz), while Vigil runs."""
    start_django()
    from django.conf import settings

    from vigil import __version__
    from vigil.adapters.backups import dump_database, write_archive
    from vigil.kernel import clock

    if file.exists():
        raise click.UsageError(f"{file} exists already")
    with tempfile.TemporaryDirectory(dir=settings.VIGIL_DATA, prefix=".backup-") as name:
        folder = Path(name)
        _copy(settings.VIGIL_JOURNAL, folder / "journal")  # before the database: kept heads never run ahead of it
        dump_database(settings.DATABASES["default"], folder)
        members = [
            *_files(folder, ""),
            *_files(settings.VIGIL_KEYS, "keys"),
            *_files(settings.VIGIL_ORIGINALS, "originals"),
            *_files(settings.VIGIL_DATA / "indicators", "indicators"),
        ]
        manifest = write_archive(
            file,
            members,
            {"vigil": __version__, "at": clock.now().isoformat()},
            lambda n: progress(f"{n}/{len(members)}") if n % 100 == 0 else None,
        )
    if as_json:
        print_json({"file": str(file), "bytes": file.stat().st_size, "files": len(manifest["files"])})
    else:
        click.echo(translator()("{n} files in {file}").format(n=len(manifest["files"]), file=file))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def restore(file: Path, as_json: bool) -> None:
    """Put a backup back into an empty data folder (VIGIL_DATA) and database, then verify the journal."""
    data = settings_alone().VIGIL_DATA
    _demand_empty(data)
    from vigil.adapters.backups import read_archive, restore_database

    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data, prefix=".restore-") as name:
        folder = Path(name)
        progress(str(file))
        manifest = read_archive(file, folder)
        copies = [*folder.glob("vigil.sqlite3"), *folder.glob("vigil.pgdump")]
        restore_database(settings_alone().DATABASES["default"], copies[0])
        for part in ("keys", "journal", "originals", "indicators"):
            if (folder / part).exists():
                shutil.copytree(folder / part, data / part, dirs_exist_ok=True)
    start_django()
    from django.conf import settings

    from vigil.domain.journal.keys import verifying_key
    from vigil.domain.journal.verification import verify

    found = verify(key=verifying_key(settings.VIGIL_KEYS), folder=settings.VIGIL_JOURNAL)
    if as_json:
        print_json(
            {"restored": len(manifest["files"]), "journal_holds": found.holds, "faults": [str(f) for f in found.faults]}
        )
    else:
        say = translator()
        click.echo(say("{n} files restored, as of {at}.").format(n=len(manifest["files"]), at=manifest["at"]))
        click.echo(say("The journal holds.") if found.holds else say("The journal does NOT hold."))
    sys.exit(0 if found.holds else 1)


def _demand_empty(data: Path) -> None:
    """Settings make a key when they are first read; anything beyond that is somebody's data."""
    from vigil.kernel.errors import Conflict
    from vigil.kernel.phrases import N_

    held = [path.name for path in data.iterdir() if path.name not in {"keys"}] if data.exists() else []
    if held or (data / "keys" / "journal.key").exists():
        raise Conflict("backup.not_empty", N_("The data folder is not empty; a restore never overwrites anything."))


def _copy(source: Path, target: Path) -> None:
    if source.exists():
        shutil.copytree(source, target)


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")) if folder.exists() else []:
        if path.is_file() and not path.name.startswith("."):
            yield str(Path(prefix) / path.relative_to(folder)), path
