"""`vigil prepare`: everything between an installed program and a served page. Running it again changes nothing."""

import os
import secrets
import time

import click

from vigil.faces.cli.terms import settings_alone, start_django


@click.command()
@click.option(
    "--sample/--no-sample", default=False, help="Load the fictional sample when there is no organisation yet."
)
@click.option(
    "--demo",
    type=click.Choice(["authority", "ministry", "province"]),
    help="Load one of the three Vigils of the demonstration when there is no organisation yet.",
)
def prepare(sample: bool, demo: str | None) -> None:
    """Migrate the database, build the static files, compile the translations, make the first administrator, take in
    the detection rules that Vigil ships."""
    began = time.monotonic()
    settings_alone().VIGIL_DATA.mkdir(mode=0o700, parents=True, exist_ok=True)
    compile_translations()
    start_django()
    _migrate()
    _static_files()
    _journal_key()
    _administrator()
    _rules()
    if demo:
        _demo(demo)
    elif sample:
        _sample()
    tell_second_factor()
    click.echo(f"Vigil: prepared in {time.monotonic() - began:.1f} s")


def compile_translations() -> None:
    """Compile the catalogues whose .mo is missing or older than its .po."""
    from pathlib import Path

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    import vigil

    for source in (Path(vigil.__file__).parent / "locale").glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parents[1].name)
        draft = target.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as out:
            write_mo(out, catalogue)
        draft.replace(target)


def unapplied() -> int:
    """How many migrations the database waits for."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    from vigil.domain.changes.triggers import install

    if unapplied():
        call_command("migrate", interactive=False, verbosity=0)
        install(connection)
        click.echo("Vigil: database migrated")


def _static_files() -> None:
    """Collect and compress when anything that is collected is newer than what was."""
    from pathlib import Path

    from django.conf import settings
    from django.core.management import call_command

    manifest = settings.STATIC_ROOT / "staticfiles.json"
    own = Path(settings.PACKAGE) / "faces" / "web" / "static"
    lock = settings.CHECKOUT / "package-lock.json"
    newest = max(path.stat().st_mtime for path in [lock, *own.rglob("*")] if path.exists())
    if manifest.exists() and manifest.stat().st_mtime >= newest:
        return
    if not (settings.VIGIL_NODE_MODULES / "@tabler").exists():
        raise click.ClickException("node_modules is missing: run `make setup` first")
    call_command("collectstatic", interactive=False, verbosity=0)
    click.echo("Vigil: static files built")


def _journal_key() -> None:
    """Made before the first entry, so that a verification never has to."""
    from django.conf import settings

    from vigil.domain.journal.keys import signing_key

    signing_key(settings.VIGIL_KEYS)


def _administrator() -> None:
    from vigil.domain.accounts.actions import create_user, grant
    from vigil.domain.accounts.models import Role, User
    from vigil.faces.cli.terms import cli_actor
    from vigil.kernel import clock

    if User.objects.exists():
        return
    password = os.environ.get("VIGIL_ADMIN_PASSWORD") or secrets.token_urlsafe(12)
    user = create_user(username="admin", password=password, actor=cli_actor(), now=clock.now())
    grant(user=user, role=Role.ADMINISTRATOR, organisation=None, actor=cli_actor(), now=clock.now())
    shown = "(from VIGIL_ADMIN_PASSWORD)" if os.environ.get("VIGIL_ADMIN_PASSWORD") else password
    click.echo("=" * 64)
    click.echo(
        f"  Tài khoản quản trị / administrator:  admin\n  Mật khẩu / password (chỉ in một lần / printed once):  {shown}"
    )
    click.echo("=" * 64)


def _rules() -> None:
    from vigil.domain.detection.actions.shipped import import_shipped
    from vigil.faces.cli.terms import cli_actor
    from vigil.kernel import clock

    done = import_shipped(actor=cli_actor(), now=clock.now())
    if done is not None:
        click.echo(f"Vigil: its detection rules: {done.added} new, {done.changed} changed, {done.retired} retired")


def _sample() -> None:
    from django.conf import settings

    from vigil.domain.flows.sample import load_sample
    from vigil.faces.cli.terms import cli_actor
    from vigil.kernel import clock

    if load_sample(originals=settings.VIGIL_ORIGINALS, actor=cli_actor(), now=clock.now()) is not None:
        click.echo("Vigil: sample loaded (invented organisations)")


def tell_second_factor() -> None:
    """Say when nobody must show a second factor: the sample run leaves it off, and nobody should overlook that."""
    from django.conf import settings

    from vigil.faces.cli.terms import translator
    from vigil.faces.vitals import second_factor_sign

    if not settings.VIGIL_MFA_ROLES:
        click.echo(f"Vigil: {second_factor_sign().sentence.said(translator())}")


def _demo(part: str) -> None:
    from django.conf import settings

    from vigil.domain.flows.sample import load_demo
    from vigil.faces.cli.terms import cli_actor
    from vigil.kernel import clock

    load_demo(part=part, originals=settings.VIGIL_ORIGINALS, actor=cli_actor(), now=clock.now())
    click.echo(f"Vigil: demonstration loaded: {part} (invented organisations)")
