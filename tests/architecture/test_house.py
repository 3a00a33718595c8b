"""The house as DESIGN draws it, held by checks: relations between rooms, words documented, files small."""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "vigil"
ROOMS = [
    "journal",
    "outbox",
    "vitals",
    "organisations",
    "accounts",
    "paging",
    "regimes",
    "estate",
    "directives",
    "mailbox",
    "exchange",
    "readiness",
]
PYTHON = [path for path in SRC.rglob("*.py") if "migrations" not in path.parts]


def test_no_model_points_to_a_higher_room() -> None:
    """A string foreign key passes import-linter; it does not pass this."""
    rank = {room: n for n, room in enumerate(ROOMS)}
    faults = [
        f"{model._meta.label} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in rank
        for field in chain(model._meta.concrete_fields, model._meta.many_to_many)
        if field.is_relation
        and field.related_model._meta.app_label in rank
        and rank[field.related_model._meta.app_label] > rank[model._meta.app_label]
    ]
    assert not faults


def test_every_room_is_in_the_linter_s_order() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    layers = re.search(r'containers = \["vigil.domain"\]\nlayers = \[(.*?)\]', text, re.S).group(1)
    named = re.findall(r'"(\w+)"', layers)
    there = {path.parent.name for path in (SRC / "domain").glob("*/__init__.py")}
    assert set(named) == there
    assert [room for room in reversed(named) if room in ROOMS] == ROOMS


def test_settings_know_the_roles_that_there_are() -> None:
    """Settings are read before there are models, so the names stand twice."""
    from vigil.domain.accounts.mapping import ROLES
    from vigil.domain.accounts.models import Role

    assert set(Role.values) == ROLES


def test_no_signals_no_catch_all_names_no_naked_datetimes() -> None:
    for path in PYTHON:
        text = path.read_text()
        assert "django.dispatch" not in text, path
        assert "django.db.models.signals" not in text, path
        assert path.stem not in {"utils", "helpers", "common", "misc", "manager", "base"}, path
        if "faces" not in path.parts and path.name != "clock.py":
            assert not re.search(r"\btimezone\.now\(|datetime\.now\(|date\.today\(", text), path


def test_every_module_says_why_it_exists() -> None:
    silent = [
        str(path.relative_to(SRC))
        for path in PYTHON
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


@pytest.mark.parametrize("limit", [450])
def test_no_file_grows_past_the_point_where_it_is_two(limit: int) -> None:
    long = {str(path.relative_to(SRC)): n for path in PYTHON if (n := len(path.read_text().splitlines())) > limit}
    assert not long


def test_every_action_takes_actor_and_now_by_name() -> None:
    """An action changes something; who did it and when is never left to chance."""
    faults = []
    for path in [*SRC.glob("domain/*/actions.py"), *SRC.glob("domain/*/actions/*.py")]:
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            names = {argument.arg for argument in node.args.kwonlyargs}
            tells = re.search(r"\b(record|save_and_record|_tell)\(", ast.unparse(node))
            if tells and not {"actor", "now"} <= names:
                faults.append(f"{path.relative_to(SRC)}:{node.name}")
    assert not faults


def _read_settings() -> set[str]:
    words = re.findall(
        r'(?:environ(?:\.get)?[\(\[]|given\.\w+\(|_path\(|envvar=)\s*"(VIGIL_\w+)"',
        "\n".join(p.read_text() for p in PYTHON),
    )
    return set(words)


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    documented = set(re.findall(r"^\| `(VIGIL_\w+)`", (ROOT / "docs/reference/settings.md").read_text(), re.M))
    assert _read_settings() == documented


def test_every_command_and_option_is_documented() -> None:
    import click

    from vigil.faces.cli.main import cli

    text = (ROOT / "docs/reference/cli.md").read_text()
    missing = []

    def walk(command: click.Command, words: list[str]) -> None:
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                walk(command.get_command(click.Context(command), name), [*words, name])
            return
        if f"`vigil {' '.join(words)}" not in text:
            missing.append(" ".join(words))
        for parameter in command.params:
            missing.extend(f"{' '.join(words)} {o}" for o in parameter.opts if o.startswith("--") and o not in text)

    walk(cli, [])
    assert not missing


def _raised_codes() -> set[str]:
    kinds = {"VigilError", "NotAllowed", "NotFound", "Conflict", "Refused", "Unavailable"}
    found = set()
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in kinds
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(node.args[0].value)
    return found


def test_every_problem_code_is_documented() -> None:
    text = (ROOT / "docs/reference/problems.md").read_text()
    documented = set(re.findall(r"^\| `([\w.]+)`", text, re.M))
    assert not _raised_codes() - documented


def test_no_third_party_code_and_no_address_of_a_registry_is_kept() -> None:
    import subprocess

    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    hosts = ["pypi." + "org", "python" + "hosted", "registry.npm" + "js", "deb.deb" + "ian"]
    for name in listed.stdout.split("\n"):
        path = ROOT / name
        if not name or not path.is_file():
            continue
        assert not re.search(r"\.min\.(js|css)$|^node_modules/|^vendor/|uv\.lock$", name), name
        data = path.read_bytes()
        assert not [host for host in hosts if host.encode() in data], name
