"""`vigil account`: the way in when nobody can sign in."""

import secrets
from uuid import UUID

import click

from vigil.faces.cli.terms import cli_actor, start_django, translator


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
    from vigil.domain.accounts.second_factor import forget_tries
    from vigil.kernel import clock

    user = User.objects.filter(username=username).first()
    if user is None:
        raise click.UsageError(f"no account {username}")
    password = secrets.token_urlsafe(12)
    set_password(user=user, password=password, actor=cli_actor(), now=clock.now())
    reset(username=user.username.casefold())
    forget_tries(user)
    click.echo(password)


@account.command("reset-factor")
@click.argument("username")
@click.option("--why", default="", help="For the journal: how you made sure that it is its owner who asks.")
def reset_factor(username: str, why: str) -> None:
    """Take away a lost second factor and its recovery codes; the account's sessions end."""
    start_django()
    from vigil.domain.accounts import second_factor
    from vigil.domain.accounts.models import User
    from vigil.kernel import clock

    user = User.objects.filter(username=username).first()
    if user is None:
        raise click.UsageError(f"no account {username}")
    second_factor.reset_factor(user=user, actor=cli_actor(), now=clock.now(), why=why)
    click.echo(translator()("The second factor is reset; every session of the account has ended."))


@account.group("token")
def token() -> None:
    """Tokens of the API."""


@token.command("make")
@click.argument("username")
@click.option("--name", required=True, help="What uses it.")
@click.option("--scope", "scopes", multiple=True, required=True, help="A permission, e.g. view; may be repeated.")
@click.option("--organisation", help="Agency identifier: only it and what lies under it.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366), help="How long it is good.")
def token_make(username: str, name: str, scopes: tuple[str, ...], organisation: str | None, days: int) -> None:
    """Make a token for an account; it is printed once."""
    start_django()
    from vigil.domain.accounts.models import User
    from vigil.domain.accounts.tokens import make_token
    from vigil.domain.organisations.models import Organisation
    from vigil.kernel import clock

    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise click.UsageError(f"no account {username}")
    narrowed = Organisation.objects.filter(code=organisation).first() if organisation else None
    if organisation and narrowed is None:
        raise click.UsageError(f"no organisation {organisation}")
    made = make_token(
        user=user,
        name=name,
        scopes=scopes,
        organisation=narrowed,
        days=days,
        actor=cli_actor(),
        now=clock.now(),
    )
    click.echo(made.secret)


@token.command("list")
@click.argument("username")
def token_list(username: str) -> None:
    """Every token of an account, without its secret."""
    start_django()
    from vigil.domain.accounts.models import ApiToken

    for found in ApiToken.objects.filter(user__username=username):
        state = "revoked" if found.revoked_at else f"until {found.expires_at:%Y-%m-%d}"
        click.echo(f"{found.id}  {state}  {','.join(found.scopes)}  {found.name}")


@token.command("revoke")
@click.argument("token_id", type=click.UUID)
def token_revoke(token_id: UUID) -> None:
    """End a token at once."""
    start_django()
    from vigil.domain.accounts.models import ApiToken
    from vigil.domain.accounts.tokens import revoke_token
    from vigil.kernel import clock

    found = ApiToken.objects.filter(pk=token_id).first()
    if found is None:
        raise click.UsageError(f"no token {token_id}")
    revoke_token(token=found, actor=cli_actor(), now=clock.now())
