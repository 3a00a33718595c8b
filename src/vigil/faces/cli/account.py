"""`vigil account`: the way in when nobody can sign in."""

import secrets

import click

from vigil.faces.cli.terms import cli_actor, start_django


@click.group()
def account() -> None:
    """Accounts, from the machine's own keyboard."""


@account.command("reset-password")
@click.argument("username")
def reset_password(username: str) -> None:
    """Give an account a new password, printed once, and lift its lock-out."""
    start_django()
    from axes.utils import reset

    from vigil.domain.accounts.actions import set_password
    from vigil.domain.accounts.models import User
    from vigil.kernel import clock

    user = User.objects.filter(username=username).first()
    if user is None:
        raise click.UsageError(f"no account {username}")
    password = secrets.token_urlsafe(12)
    set_password(user=user, password=password, actor=cli_actor(), now=clock.now())
    reset(username=user.username.casefold())
    click.echo(password)
