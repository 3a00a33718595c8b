"""MISP out: what may leave leaves once and reads back; what may not is withheld with its reason."""

import csv
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymisp import MISPEvent
from tests.unit.adapters.peers.misp.samples import ALL, ORG, OTHER, attribute, event, uuid

from vigil.adapters.peers.misp import Written, read_path, write_feed
from vigil.kernel.errors import Refused
from vigil.kernel.tlp import Tlp

NOW = datetime(2022, 4, 29, tzinfo=UTC)
GREEN = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"


def stix(**more: Any) -> dict[str, Any]:
    made = {
        "type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid('i')}",
        "created": "2022-04-27T00:00:00.000Z", "modified": "2022-04-27T00:00:00.000Z",
        "pattern": "[domain-name:value = 'xau.example']", "pattern_type": "stix",
        "valid_from": "2022-04-27T00:00:00Z", "object_marking_refs": [GREEN],
    }  # fmt: skip
    return {name: value for name, value in {**made, **more}.items() if value is not None}


@pytest.fixture
def write(tmp_path: Path):
    def go(*objects: Any, ceiling: Tlp = Tlp.GREEN, audience: frozenset[str] = frozenset()) -> Written:
        source = tmp_path / "stix.json"
        source.write_text(json.dumps({"type": "bundle", "id": f"bundle--{uuid('b')}", "objects": list(objects)}))
        return write_feed(tmp_path / "feed", source, ceiling=ceiling, now=NOW, audience=audience)

    return go


def test_a_feed_reads_back_to_what_was_read(tmp_path) -> None:
    first = tmp_path / "e.json"
    first.write_text(json.dumps(event(*ALL)))
    read = read_path(first, NOW)
    bundle = tmp_path / "bundle.json"
    bundle.write_text(json.dumps(read.bundle()))
    made = write_feed(tmp_path / "feed", bundle, ceiling=Tlp.GREEN, now=NOW)
    assert (made.events, made.attributes, made.withheld) == (1, len(ALL), [])
    again = read_path(tmp_path / "feed", NOW)
    keys = ("id", "pattern", "valid_from", "object_marking_refs", "created_by_ref")

    def facts(found: Any) -> set[Any]:
        return {
            tuple(str(each.get(key)) for key in keys) for each in found.objects.values() if each["type"] == "indicator"
        }

    assert facts(again) == facts(read)
    assert not again.bad_attributes and not again.bad_events


def test_pymisp_reads_the_feed_and_the_hashes_are_those_of_the_values(write, tmp_path) -> None:
    write(stix())
    manifest = json.loads((tmp_path / "feed" / "manifest.json").read_text())
    (name,) = manifest
    loaded = MISPEvent()
    loaded.from_json((tmp_path / "feed" / f"{name}.json").read_text())
    assert [(a.type, a.value, a.to_ids) for a in loaded.attributes] == [("domain", "xau.example", True)]
    assert [tag.name for tag in loaded.tags] == ["tlp:green"]
    rows = list(csv.reader((tmp_path / "feed" / "hashes.csv").read_text().splitlines()))
    assert rows == [[hashlib.md5(b"xau.example").hexdigest(), name]]


def test_the_same_input_writes_the_same_files(write, tmp_path) -> None:
    write(stix())
    before = {path.name: path.read_bytes() for path in (tmp_path / "feed").iterdir()}
    write(stix())
    assert {path.name: path.read_bytes() for path in (tmp_path / "feed").iterdir()} == before


WITHHELD = [
    (stix(object_marking_refs=None), "unmarked"),
    (stix(object_marking_refs=["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]), "tlp"),
    (stix(object_marking_refs=[GREEN, "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]), "tlp"),
    (stix(object_marking_refs=[f"marking-definition--{uuid('statement')}"]), "tlp"),
    (stix(object_marking_refs="all"), "tlp"),
    (stix(object_marking_refs=[{"a": 1}]), "tlp"),
    (stix(granular_markings=[{"marking_ref": GREEN, "selectors": ["name"]}]), "tlp"),
    (stix(labels=['misp:distribution="0"']), "distribution"),
    (stix(labels=['misp:distribution="1"']), "distribution"),
    (stix(labels=['misp:distribution="3"', 'misp:distribution="0"']), "distribution"),
    (stix(labels=['misp:distribution="7"']), "distribution"),
    (stix(labels=['misp:distribution="4"']), "empty_group"),
    (stix(labels=['misp:distribution="4"', f'misp:sharing-group-org="{ORG}"']), "sharing_group"),
    (stix(revoked=True), "revoked"),
    (stix(valid_until="2022-04-28T00:00:00Z"), "expired"),
    (stix(pattern="[domain-name:value = 'a.example' OR domain-name:value = 'b.example']"), "other_pattern"),
    (stix(pattern="[file:name = 'x']"), "other_pattern"),
    (stix(pattern="[ipv4-addr:value = '999.0.0.1']"), "bad_value"),
    (stix(pattern="[[["), "invalid"),
    (stix(pattern="a", pattern_type="snort"), "other_pattern"),
    (stix(pattern=None), "invalid"),
    (stix(id="indicator--../../x"), "invalid"),
    (stix(created_by_ref="identity--x"), "invalid"),
    (stix(modified="1999"), "invalid"),
    (stix(modified=["x"]), "invalid"),
    (stix(labels={"a": "b"}), "invalid"),
]


@pytest.mark.parametrize("bad, reason", WITHHELD, ids=range(len(WITHHELD)))
def test_what_may_not_leave_is_withheld_with_its_reason_and_the_rest_goes(write, tmp_path, bad, reason) -> None:
    other = stix(id=f"indicator--{uuid('good')}", pattern="[domain-name:value = 'tot.example']")
    made = write(bad, other)
    assert [each.reason for each in made.withheld] == [reason]
    assert made.attributes == 1
    feed = "".join(path.read_text() for path in (tmp_path / "feed").iterdir())
    assert "tot.example" in feed
    assert "xau.example" not in feed


@pytest.mark.parametrize(
    "audience, leaves",
    [({ORG}, True), ({ORG, OTHER}, False), (set(), False), ({OTHER}, False)],
)
def test_a_sharing_group_s_things_go_only_where_every_reader_is_of_the_group(write, audience, leaves) -> None:
    made = write(
        stix(labels=['misp:distribution="4"', f'misp:sharing-group-org="{ORG}"']), audience=frozenset(audience)
    )
    assert made.attributes == int(leaves)


@pytest.mark.parametrize("ceiling, leaves", [(Tlp.CLEAR, 0), (Tlp.GREEN, 1), (Tlp.AMBER, 1), (Tlp.RED, 1)])
def test_the_ceiling_holds(write, ceiling, leaves) -> None:
    assert write(stix(), ceiling=ceiling).attributes == leaves


def test_what_may_no_longer_be_there_goes_from_the_folder(write, tmp_path) -> None:
    write(stix())
    assert len(list((tmp_path / "feed").iterdir())) == 3
    write(stix(revoked=True))
    assert {path.name for path in (tmp_path / "feed").iterdir()} == {"manifest.json", "hashes.csv"}


def test_a_folder_with_other_things_is_not_touched(write, tmp_path) -> None:
    (tmp_path / "feed").mkdir()
    (tmp_path / "feed" / "thesis.docx").write_text("x")
    with pytest.raises(Refused, match="other things"):
        write(stix())
    assert [path.name for path in (tmp_path / "feed").iterdir()] == ["thesis.docx"]


def test_names_and_cycles_in_what_is_given_do_no_harm(write, tmp_path) -> None:
    a, b = f"identity--{uuid('a')}", f"identity--{uuid('b')}"
    identities = [
        {"type": "identity", "id": a, "name": "../../x\n\u202e", "created_by_ref": b},
        {"type": "identity", "id": b, "name": ["x"], "created_by_ref": a},
    ]
    made = write(*identities, stix(created_by_ref=a), None, 17, "x", [], {"type": None})
    assert made.attributes == 1
    assert all(path.parent == tmp_path / "feed" for path in (tmp_path / "feed").rglob("*"))


def test_one_bad_attribute_type_hint_does_not_change_what_the_pattern_says(write, tmp_path) -> None:
    write(stix(labels=['misp:type="ip-src"']))
    read = read_path(tmp_path / "feed", NOW)
    assert any(each.get("pattern") == "[domain-name:value = 'xau.example']" for each in read.objects.values())
    assert attribute("domain", "x")["type"] == "domain"
