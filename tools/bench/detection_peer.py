"""A peer over a file of Windows events, in the peers' environment: `detection_peer.py zargunlite|duckdb EVENTS RULES`.

All are told what Vigil is told: the same rules with the same mappings of pySigma. Prints JSON: events, rules that could
be turned into a query, matches, and processor seconds for turning rules and for the rest apart.
"""

import json
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from sigma.collection import SigmaCollection
from sigma.pipelines.sysmon import sysmon_pipeline
from sigma.pipelines.windows import windows_logsource_pipeline


def rules(archive: Path) -> Iterator[str]:
    """The texts of the rules that Vigil is given too."""
    with tarfile.open(archive) as members:
        for member in members:
            wanted = member.name.removeprefix("./").startswith(("rules/windows/", "rules-emerging-threats/"))
            if wanted and member.name.endswith(".yml") and (stream := members.extractfile(member)):
                yield stream.read().decode()


def queries(backend: Any, archive: Path) -> list[tuple[str, list[str]]]:
    """Rule id and its queries; rules that the backend refuses are left out."""
    found = []
    for text in rules(archive):
        try:
            collection = SigmaCollection.from_yaml(text)
            found.append((str(collection.rules[0].id), backend.convert(collection)))
        except Exception:  # noqa: BLE001, S112  a peer that cannot do a rule is counted, not mended
            continue
    return found


def zargunlite(events: Path, archive: Path) -> dict[str, Any]:
    """Zircolite's engine as a library: flattened, put into SQLite, a query a rule."""
    from sigma.backends.sqlite import sqliteBackend
    from zargunlite.core import ZargunCore
    from zargunlite.preprocess import flatten_json, mapping_field

    made = queries(sqliteBackend(sysmon_pipeline() + windows_logsource_pipeline()), archive)
    began = time.process_time()
    flat = [mapping_field(flatten_json(orjson.loads(line))) for line in events.read_bytes().splitlines()]
    matches = 0
    with ZargunCore() as core:
        core.load_data(flat)
        for _, several in made:
            for query in several:
                matches += len(core.execute_sqlite_query(query.replace("<TABLE_NAME>", "logs")))
    return {"events": len(flat), "rules": len(made), "matches": matches, "cpu_s": time.process_time() - began}


def ruleset(out: Path, archive: Path) -> dict[str, Any]:
    """The rules as Zircolite reads them, written to `out`."""
    from sigma.backends.sqlite import sqliteBackend

    made = queries(sqliteBackend(sysmon_pipeline() + windows_logsource_pipeline()), archive)
    listed = [
        {"id": number, "title": number, "level": "medium", "tags": [], "filename": number,
         "rule": [query.replace("<TABLE_NAME>", "logs") for query in several]}
        for number, several in made
    ]  # fmt: skip
    out.write_text(json.dumps(listed))
    return {"rules": len(made)}


def duckdb(events: Path, archive: Path) -> dict[str, Any]:
    """DuckDB on one thread over the same flat fields, with the queries of pysigma-backend-duckdb."""
    import duckdb as db
    from sigma_backend_duckdb.backend import DuckDBBackend
    from zargunlite.preprocess import flatten_json, mapping_field

    made = queries(DuckDBBackend(sysmon_pipeline() + windows_logsource_pipeline()), archive)
    began = time.process_time()
    flat = [mapping_field(flatten_json(orjson.loads(line))) for line in events.read_bytes().splitlines()]
    lines = events.with_suffix(".flat.jsonl")
    lines.write_bytes(b"\n".join(orjson.dumps(one) for one in flat))
    matches = refused = 0
    with db.connect(config={"threads": 1}) as line:
        line.execute("CREATE TABLE logs AS SELECT * FROM read_json(?, format='newline_delimited')", [str(lines)])
        for _, several in made:
            for query in several:
                try:
                    matches += len(line.execute(_over(query, "logs")).fetchall())
                except db.Error:
                    refused += 1
    lines.unlink()
    done = len(made) - refused
    return {"events": len(flat), "rules": done, "matches": matches, "cpu_s": time.process_time() - began}


def _over(query: str, table: str) -> str:
    start, found, condition = query.partition(" WHERE ")
    return f"SELECT 1 FROM {table} WHERE {condition}" if found else start  # noqa: S608


if __name__ == "__main__":
    which = {"zargunlite": zargunlite, "duckdb": duckdb, "ruleset": ruleset}[sys.argv[1]]
    print(json.dumps(which(Path(sys.argv[2]), Path(sys.argv[3]))))
