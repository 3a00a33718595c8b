"""What every test stands on: a data folder of its own, real PostgreSQL when asked for, a clock that tests hold."""

import os
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

_DATA = tempfile.mkdtemp(prefix="vigil-test-")
os.environ["VIGIL_DATA"] = _DATA
(Path(_DATA) / "static").mkdir()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigil.project.settings")
os.environ.pop("VIGIL_SMTP_URL", None)
os.environ.pop("VIGIL_IMAP_URL", None)

if os.environ.get("VIGIL_TEST_DATABASE") == "postgresql":
    from tests.postgresql import start_cluster

    os.environ["VIGIL_DATABASE_URL"] = start_cluster(Path(_DATA))


if find_spec("django") is not None:  # the engines' own environment has none
    import django

    from vigil.faces.cli.prepare import compile_translations

    compile_translations()
    django.setup()

    if "VIGIL_DATABASE_URL" not in os.environ:
        from tests.laid import test_database_with_tables

        test_database_with_tables()


def pytest_configure(config: pytest.Config) -> None:
    """Nothing of a test run stays behind."""
    import shutil

    config.add_cleanup(lambda: shutil.rmtree(_DATA, ignore_errors=True))
    if os.environ.get("VIGIL_TEST_DATABASE") == "postgresql":
        from tests.postgresql import stop_cluster

        config.add_cleanup(stop_cluster)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The labelled data beside the checkout; absent, the test is skipped, except in CI, where it fails."""
    folder = Path(os.environ.get("VIGIL_CORPUS", Path(__file__).parents[2] / "shared" / "data"))
    if not (folder / "dispatches").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no labelled data at {folder} (VIGIL_CORPUS)")
        pytest.skip(f"no labelled data at {folder} (VIGIL_CORPUS)")
    return folder


@pytest.fixture(autouse=True)
def _journal_gives_way_to_the_flush(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test with real transactions ends by emptying every table, which the journal's triggers would refuse."""
    marker = request.node.get_closest_marker("django_db")
    real = (marker is not None and marker.kwargs.get("transaction")) or {"transactional_db", "live_server"} & set(
        request.fixturenames
    )
    if not real:
        yield
        return
    request.getfixturevalue("_django_db_helper")
    from django.db import connection

    from vigil.domain.journal import guards

    guards.install(connection)
    yield
    guards.remove(connection)
