"""`vigil document`: official documents (plan, request to a provider, report, dispatch) written to a file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigil.faces.cli.terms import cli_actor, start_django, translator

if TYPE_CHECKING:
    from vigil.domain.directives.models import Watch
    from vigil.domain.organisations.models import ProviderLink


@click.group()
def document() -> None:
    """Official documents in the layout of Decree 30/2020: plan, request, report, dispatch."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option(
        "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write."
    )(command)
    return click.option("--format", "form", type=click.Choice(["docx", "pdf"]), help="Else by the file's ending.")(
        command
    )


@document.command()
@click.argument("identifier")
@_options
def plan(identifier: str, form: str | None, output: Path) -> None:
    """The plan of the watch IDENTIFIER."""
    watch = _watch(identifier)
    from vigil.domain.flows.documents import plan_of
    from vigil.kernel import clock

    _write(plan_of(watch, clock.now()), "plan", watch, form, output)


@document.command()
@click.argument("identifier")
@_options
def report(identifier: str, form: str | None, output: Path) -> None:
    """The report of the watch IDENTIFIER as of now."""
    watch = _watch(identifier)
    from vigil.domain.flows.documents import report_of
    from vigil.kernel import clock

    _write(report_of(watch, clock.now()), "report", watch, form, output)


@document.command()
@click.argument("identifier")
@click.option("--provider", default="", help="Name of the provider, when the organisation has several.")
@_options
def request(identifier: str, provider: str, form: str | None, output: Path) -> None:
    """The request to a provider over the watch IDENTIFIER."""
    watch = _watch(identifier)
    from vigil.domain.flows.documents import request_to_provider
    from vigil.kernel import clock

    _write(request_to_provider(_link(watch, provider), watch, clock.now()), "request", watch, form, output)


@document.command()
@click.argument("identifier")
@_options
def dispatch(identifier: str, form: str | None, output: Path) -> None:
    """The directive IDENTIFIER as a document."""
    start_django()
    from django.core.exceptions import ValidationError

    from vigil.domain.directives.models import Directive
    from vigil.domain.flows.documents import dispatch_of
    from vigil.kernel import clock

    try:
        found = Directive.objects.select_related("organisation", "dispatch").get(pk=identifier)
    except (Directive.DoesNotExist, ValidationError) as error:
        say = translator()
        raise click.UsageError(say("There is no directive {id}.").format(id=identifier)) from error
    _write(dispatch_of(found, clock.now()), "dispatch", found, form, output)


def _watch(identifier: str) -> "Watch":
    start_django()
    from django.core.exceptions import ValidationError

    from vigil.domain.directives.models import Watch

    rows = Watch.objects.select_related("organisation__parent", "directive__dispatch")
    try:
        return rows.get(pk=identifier)
    except (Watch.DoesNotExist, ValidationError) as error:
        say = translator()
        raise click.UsageError(say("There is no watch {id}.").format(id=identifier)) from error


def _link(watch: "Watch", name: str) -> "ProviderLink":
    links = watch.organisation.provider_links.select_related("provider")
    found = list((links.filter(provider__name__icontains=name) if name else links)[:2])
    if len(found) != 1:
        say = translator()
        raise click.UsageError(say("Name one provider of the organisation with --provider."))
    return found[0]


def _write(made: Any, what: str, about: Any, form: str | None, output: Path) -> None:
    from vigil.domain.flows.documents import written
    from vigil.kernel import clock
    from vigil.kernel.files import place_file

    label = "directives.directive" if what == "dispatch" else "directives.watch"
    file = written(
        document=made,
        what=what,
        form=form or output.suffix.lstrip(".").lower(),
        subject=f"{label}:{about.pk}",
        organisation=about.organisation_id,
        actor=cli_actor(),
        now=clock.now(),
    )
    place_file(output, file.data)
    click.echo(f"{output}  {len(file.data)}  sha256:{file.sha256}")
