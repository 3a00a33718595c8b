"""Writes docs/reference/problems.md from the code: every problem code, its status and what a person is told."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATUS = {
    "NoToken": 401,
    "NoSuchMethod": 405,
    "TooLarge": 413,
    "NotAllowed": 403,
    "NotFound": 404,
    "Conflict": 409,
    "Refused": 422,
    "TooMany": 429,
    "VigilError": 500,
    "Unavailable": 503,
}
HEAD = """# Problems

Every error that Vigil raises on purpose has a stable code. Pages show it small under the sentence; machines get
`application/problem+json` (RFC 9457) with `code`, `status`, `title` and `detail`; the command line prints it in
brackets and exits with 3 (refused, conflict, not allowed, not found) or 4 (not available). Written by
`python tools/problems.py`.

| code | status | what is said |
|---|---|---|
"""


def found() -> dict[str, tuple[int, str]]:
    """Code -> (status, wording), from every `raise Kind("code", N_("wording"))`."""
    rows: dict[str, tuple[int, str]] = {}
    for path in sorted((ROOT / "src" / "vigil").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in STATUS):
                continue
            if len(node.args) < 2 or not isinstance(node.args[0], ast.Constant):
                continue
            words = [
                n.value for n in ast.walk(node.args[1]) if isinstance(n, ast.Constant) and isinstance(n.value, str)
            ]
            rows.setdefault(str(node.args[0].value), (STATUS[node.func.id], " ".join(words)))
    return rows


if __name__ == "__main__":
    table = "".join(
        f"| `{code}` | {status} | {wording.replace('|', '/')} |\n"
        for code, (status, wording) in sorted(found().items())
    )
    (ROOT / "docs" / "reference" / "problems.md").write_text(HEAD + table, encoding="utf-8")
