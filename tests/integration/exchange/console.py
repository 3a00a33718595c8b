"""An interpreter beside a running Vigil: answers questions without starting Python anew for each.

A line of JSON in: `{"code": ...}` or `{"command": [...]}` (a command line). A line out: `{"out": ..., "error": ...}`.
"""

import contextlib
import io
import json
import os
import sys
import traceback

import django


def _answer(asked: dict[str, object]) -> dict[str, str]:
    from vigil.faces.cli.main import main

    said, error = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(said):
            if "command" in asked:
                sys.argv = ["vigil", *asked["command"]]
                main()
            else:
                exec(asked["code"], {"__name__": "console"})
    except SystemExit as ends:
        error = f"exit {ends.code}" if ends.code else ""
    except BaseException:  # noqa: BLE001 - told to who asked
        error = traceback.format_exc()
    return {"out": said.getvalue(), "error": error}


def run() -> None:
    """Answer until the input ends."""
    django.setup()
    from django.db import connections

    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        connections.close_all()
        answers.flush()


if __name__ == "__main__":
    run()
