"""Invented MISP events."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

ORG, OTHER = "5a0000aa-1111-4222-8333-444455556666", "5b0000bb-1111-4222-8333-444455556666"
AT = 1_651_100_000  # 27 April 2022


def uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def attribute(kind: str, value: Any, **more: Any) -> dict[str, Any]:
    category = "Payload delivery" if kind in ("md5", "sha1", "sha256", "filename") else "Network activity"
    row = {
        "uuid": uuid(f"{kind}{value}"), "type": kind, "category": category, "value": value, "to_ids": True,
        "timestamp": str(AT), "distribution": "5", "comment": "",
    }  # fmt: skip
    return {**row, **more}


def event(*attributes: Any, name: str = "e", **more: Any) -> dict[str, Any]:
    body = {
        "uuid": uuid(name), "info": "Chiến dịch lừa đảo dịp lễ", "date": "2022-04-27", "timestamp": str(AT),
        "distribution": "3", "published": True, "threat_level_id": "2", "analysis": "1",
        "Orgc": {"uuid": ORG, "name": "Trung tâm Mẫu"}, "Tag": [{"name": "tlp:green"}], "Attribute": list(attributes),
    }  # fmt: skip
    return {"Event": {**body, **more}}


ALL = (
    attribute("domain", "Xau.Example"),
    attribute("hostname", "c2.xau.example"),
    attribute("ip-src", "192.0.2.7"),
    attribute("ip-dst", "2001:DB8::7"),
    attribute("ip-dst", "198.51.100.0/24"),
    attribute("url", "https://xau.example/a'b\\c?d=1"),
    attribute("md5", "D41D8CD98F00B204E9800998ECF8427E"),
    attribute("sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    attribute("sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
)
