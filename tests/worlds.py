"""A world that many tests look at, made once for a module: every test has it as it was made.

It stands in a transaction that is never committed; each test's own transaction is a savepoint within it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def kept(blocker: Any, make: Callable[[], Any]) -> Iterator[Any]:
    """What `make` makes in the database, until the block ends. `blocker`: pytest-django's `django_db_blocker`."""
    with blocker.unblock():
        outer = transaction.atomic()
        outer._from_testcase = True  # what says of itself that it is durable may stand within it, as in any test
        outer.__enter__()
        connection.close = lambda: None  # a test case ends by closing; that would end the world with it
    try:
        with blocker.unblock():
            made = make()
        yield made
    finally:
        with blocker.unblock():
            del connection.close
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            connection.close()
