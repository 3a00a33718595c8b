"""What Vigil's TAXII server is measured against: medallion (the reference) and OpenTAXII, from .venv-bench.

Each is served as its own documentation says, or by the same granian where it is a plain WSGI application, with one
worker, and filled with the same indicators.
"""

import base64
import http.client
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.bench.processes import Served, free_port

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv-bench" / "bin"
MEDIA = "application/taxii+json;version=2.1"


@dataclass
class PeerServer:
    """A running server, its collection's address, and the header by which one may read it."""

    served: Served
    port: int
    path: str
    authorization: str


def medallion(folder: Path, objects: list[dict[str, Any]]) -> PeerServer:
    """The OASIS reference server with its memory backend; it has no tokens, only Basic."""
    identifier = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
    stored = [{**obj, "_date_added": f"2022-04-29T03:00:00.{n:06d}Z"} for n, obj in enumerate(objects)]
    manifest = [
        {"id": obj["id"], "date_added": obj["_date_added"], "version": obj["modified"],
         "media_type": "application/stix+json;version=2.1"} for obj in stored
    ]  # fmt: skip
    data = {
        "/discovery": {"title": "medallion", "default": "http://127.0.0.1/root/", "api_roots": ["/root/"]},
        "root": {
            "information": {"title": "root", "versions": [MEDIA], "max_content_length": 10_000_000},
            "status": [],
            "collections": [
                {"id": identifier, "title": "indicators", "can_read": True, "can_write": False,
                 "media_types": ["application/stix+json;version=2.1"], "objects": stored, "manifest": manifest}
            ],
        },
    }  # fmt: skip
    (folder / "data.json").write_text(json.dumps(data))
    config = {
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": str(folder / "data.json"),
        },
        "users": {"bench": "bench"},
        "taxii": {"max_page_size": 1000},
    }
    (folder / "config.json").write_text(json.dumps(config))
    port = free_port()
    command = [str(BIN / "medallion"), "--host", "127.0.0.1", "--port", str(port), "--log-level", "ERROR",
               str(folder / "config.json")]  # fmt: skip
    served = Served(command, port, env=dict(os.environ), log=folder / "medallion.log")
    basic = "Basic " + base64.b64encode(b"bench:bench").decode()
    return PeerServer(served, port, f"/root/collections/{identifier}/objects/?limit=100", basic)


def opentaxii(folder: Path, objects: list[dict[str, Any]]) -> PeerServer:
    """OpenTAXII on SQLite, with a token of its own, served by granian."""
    secret = base64.b64encode(os.urandom(24)).decode()
    config = {
        "domain": "127.0.0.1",
        "support_basic_auth": True,
        "auth_api": {
            "class": "opentaxii.auth.sqldb.SQLDatabaseAPI",
            "parameters": {"db_connection": f"sqlite:///{folder}/auth.db", "create_tables": True, "secret": secret},
        },
        "taxii1": None,
        "taxii2": {
            "contact": "bench@authority.example",
            "description": "bench",
            "title": "bench",
            "public_discovery": False,
            "max_content_length": 50_000_000,
            "allow_custom_properties": True,
            "persistence_api": {
                "class": "opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI",
                "parameters": {"db_connection": f"sqlite:///{folder}/data.db", "create_tables": True},
            },
        },
        "logging": {"opentaxii": "error", "root": "error"},
    }
    (folder / "opentaxii.yml").write_text(json.dumps(config))  # JSON is YAML
    env = {**os.environ, "OPENTAXII_CONFIG": str(folder / "opentaxii.yml")}
    env.pop("PYTHONPATH", None)

    def command(*words: str) -> None:
        done = subprocess.run([str(BIN / words[0]), *words[1:]], env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(
                f"{words[0]}: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}"
            )

    command("opentaxii-create-account", "-u", "bench", "-p", "bench", "-a")
    command("opentaxii-add-api-root", "-t", "root", "--default")
    listed = subprocess.run(
        [str(BIN / "python"), "-c", "import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);"
         "t=[r[0] for r in c.execute(\"select name from sqlite_master where name like '%api_root%'\")][0];"
         "print(c.execute(f'select id from {t}').fetchone()[0])", f"{folder}/data.db"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    root = listed if "-" in listed else f"{listed[:8]}-{listed[8:12]}-{listed[12:16]}-{listed[16:20]}-{listed[20:]}"
    command(
        "opentaxii-add-collection", "-r", root, "-t", "indicators", "-a", "indicators", "--public", "--public-write"
    )
    port = free_port()
    served = Served(
        [str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
         "--blocking-threads", "1", "--no-ws", "--log-level", "error", "opentaxii.http:app"],
        port, env=env, log=folder / "opentaxii.log",
    )  # fmt: skip
    try:
        token = _asked(port, "POST", "/management/auth", b'{"username":"bench","password":"bench"}',
                       {"Content-Type": "application/json"})["token"]  # fmt: skip
        bearer = {"Authorization": f"Bearer {token}", "Accept": MEDIA, "Content-Type": MEDIA}
        at = f"/taxii2/{root}/collections/indicators/objects/"
        for start in range(0, len(objects), 500):
            try:
                _asked(port, "POST", at, json.dumps({"objects": objects[start : start + 500]}).encode(), bearer)
            except RuntimeError:  # its answer breaks on the newest SQLAlchemy, after the objects are stored
                continue
        if len(_asked(port, "GET", f"{at}?limit=100", None, bearer).get("objects", [])) != min(100, len(objects)):
            raise RuntimeError("OpenTAXII did not keep what was posted")
    except BaseException:
        served.stop()
        raise
    return PeerServer(served, port, f"{at}?limit=100", bearer["Authorization"])


def _asked(port: int, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
    return json.loads(text)
