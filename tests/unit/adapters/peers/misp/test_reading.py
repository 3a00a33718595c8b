"""MISP in: what maps becomes a valid indicator, what does not is counted, what is bad costs only itself."""

import json
import os
import resource
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stix2validator import ValidationOptions, validate_instance
from tests.unit.adapters.peers.misp.samples import ALL, AT, ORG, OTHER, attribute, event, uuid

from vigil.adapters.peers.misp import Bounds, Read, read_path
from vigil.kernel.errors import Refused
from vigil.kernel.tlp import Tlp

NOW = datetime(2022, 4, 29, tzinfo=UTC)


@pytest.fixture
def read(tmp_path: Path):
    def go(value: Any, **more: Any) -> Read:
        path = tmp_path / "event.json"
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        return read_path(path, NOW, **more)

    return go


def indicators(found: Read) -> list[dict[str, Any]]:
    return [each for each in found.objects.values() if each["type"] == "indicator"]


def test_every_mapped_type_becomes_a_valid_indicator(read) -> None:
    found = read(event(*ALL))
    assert found.indicators == len(ALL)
    assert not found.bad_attributes
    assert {i["pattern"] for i in indicators(found)} == {
        "[domain-name:value = 'xau.example']",
        "[domain-name:value = 'c2.xau.example']",
        "[ipv4-addr:value = '192.0.2.7']",
        "[ipv6-addr:value = '2001:db8::7']",
        "[ipv4-addr:value = '198.51.100.0/24']",
        "[url:value = 'https://xau.example/a\\'b\\\\c?d=1']",
        "[file:hashes.'MD5' = 'd41d8cd98f00b204e9800998ecf8427e']",
        "[file:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709']",
        "[file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']",
    }
    for each in found.objects.values():
        result = validate_instance(each, ValidationOptions(version="2.1", disabled=["all"]))
        assert result.is_valid, result.errors


def test_an_indicator_says_source_validity_and_tlp(read) -> None:
    (one,) = indicators(read(event(attribute("domain", "xau.example"))))
    assert one["created_by_ref"] == f"identity--{ORG}"
    assert one["valid_from"] == "2022-04-27T22:53:20.000Z"
    assert one["valid_until"] == "2022-10-24T22:53:20.000Z"
    assert one["object_marking_refs"] == ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]
    assert one["external_references"][0]["external_id"] == uuid("e")


@pytest.mark.parametrize(
    "event_tags, own_tags, label",
    [
        (["tlp:green"], [], "green"),
        (["tlp:green"], ["tlp:red"], "red"),
        (["tlp:amber+strict"], ["tlp:clear"], "amber+strict"),
        (["tlp:white"], [], "clear"),
        ([], [], "amber"),
        (["tlp:ex:chr"], [], "red"),
        (["TLP:GREEN", "osint:x"], [], "green"),
    ],
)
def test_the_strictest_tag_holds_and_an_unknown_one_is_red(read, event_tags, own_tags, label) -> None:
    row = attribute("domain", "xau.example", Tag=[{"name": tag} for tag in own_tags])
    found = read(event(row, Tag=[{"name": tag} for tag in event_tags]))
    (definition,) = [each for each in found.objects.values() if each["type"] == "marking-definition"]
    assert definition["name"] == Tlp(label).label


def test_what_is_not_mapped_is_counted_by_type(read) -> None:
    found = read(
        event(attribute("filename", "a.exe"), attribute("filename", "b.exe"), attribute("domain", "x.example"))
    )
    assert found.summary()["unmapped"] == {"filename": 2}
    assert found.indicators == 1


def test_what_is_not_for_detection_or_deleted_is_left_out(read) -> None:
    found = read(event(attribute("domain", "a.example", to_ids=False), attribute("domain", "b.example", deleted=True)))
    assert found.summary()["left_out"] == {"deleted": 1, "not_for_detection": 1}
    assert found.indicators == 0


BAD_ROWS = [
    attribute("ip-dst", "999.1.1.1"),
    attribute("domain", "no spaces here"),
    attribute("domain", "192.0.2.1"),
    attribute("md5", "xyz"),
    attribute("url", "javascript:alert(1)"),
    attribute("url", "https://x.example/a\u0000b"),
    attribute("domain", "x" * 10_000),
    attribute("domain", ["a"]),
    attribute("domain", None),
    attribute("domain", "a.example", timestamp="9" * 12),
    attribute("domain", "a.example", timestamp=str(AT + 10**7)),
    attribute("domain", "a.example", uuid="../../etc/passwd"),
    attribute("domain", "a.example", category="No such category"),
    attribute("domain", "a.example", to_ids="perhaps"),
    attribute("domain", "a.example", first_seen="yesterday"),
    "not an object",
    None,
    17,
    {"type": "domain"},
    {"type": ["domain"], "value": "a.example"},
]


@pytest.mark.parametrize("row", BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_one_bad_attribute_does_not_fail_its_event(read, row) -> None:
    found = read(event(row, attribute("domain", "tot.example")))
    assert (found.events, found.indicators) == (1, 1)
    assert sum(found.bad_attributes.values()) == 1


BAD_EVENTS = [
    None, 17, "x", [], {}, {"Event": None}, {"Event": []}, {"Event": {"info": 5}}, {"Event": {"info": "x"}},
    event(uuid="nope"), event(info="x" * 10_000), event(Orgc="nobody"), event(Orgc={"uuid": "x", "name": "y"}),
    event(Tag="tlp:green"),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_EVENTS, ids=range(len(BAD_EVENTS)))
def test_one_bad_event_does_not_fail_the_others(read, bad) -> None:
    found = read({"response": [bad, event(attribute("domain", "tot.example"))]})
    assert found.indicators == 1
    assert sum(found.bad_events.values()) == 1


@pytest.mark.parametrize("odd", [{"Attribute": "x"}, {"Attribute": {"a": 1}}, {"Object": 5}, {"Object": [5, None]}])
def test_odd_holders_of_attributes_break_nothing(read, odd) -> None:
    found = read(event(**odd))
    assert (found.events, found.indicators) == (1, 0)


def test_attributes_within_objects_are_read_and_cycles_of_references_are_not_followed(read) -> None:
    body = event(attribute("domain", "a.example"), RelatedEvent=[{"Event": {"uuid": uuid("e")}}])
    a, b = uuid("a"), uuid("b")
    body["Event"]["Object"] = [
        {"uuid": a, "Attribute": [attribute("ip-dst", "192.0.2.9")], "ObjectReference": [{"referenced_uuid": b}]},
        {"uuid": b, "Attribute": [], "ObjectReference": [{"referenced_uuid": a}]},
    ]
    assert read(body).indicators == 2


def test_the_same_attribute_twice_is_one_indicator_and_the_later_one_holds(read) -> None:
    early, late = attribute("domain", "a.example"), attribute("domain", "a.example", timestamp=str(AT + 60))
    found = read([event(late, name="1"), event(early, name="2")])
    assert found.indicators == 1
    assert indicators(found)[0]["modified"] == "2022-04-27T22:54:20.000Z"


@pytest.mark.parametrize(
    "data, code",
    [
        (b"", "misp.not_json"),
        (b"hello", "misp.not_json"),
        (b'{"Event": {"info": "x"', "misp.not_json"),
        (b"}{", "misp.not_json"),
        (b'"' + b"a" * 1000, "misp.not_json"),
        (b"[" * 200_000, "misp.too_deep"),
        (b'{"a":' * 200_000, "misp.too_deep"),
    ],
)
def test_a_file_that_is_no_json_of_events_is_refused(read, data, code) -> None:
    with pytest.raises(Refused) as raised:
        read(data)
    assert raised.value.code == code


def test_bounds_hold(read) -> None:
    many = event(*[attribute("domain", f"a{n}.example") for n in range(20)])
    assert read(many, bounds=Bounds(attributes=10)).bad_events["too_many"] == 1
    assert read(many, bounds=Bounds(event_bytes=500)).bad_events["too_large"] == 1
    with pytest.raises(Refused):
        read([event(comment="x" * 200_000)], bounds=Bounds(event_bytes=500))
    with pytest.raises(Refused):
        read(many, bounds=Bounds(file_bytes=500))
    assert read([event(name=str(n)) for n in range(5)]).events == 5
    with pytest.raises(Refused):
        read([event(name=str(n)) for n in range(5)], bounds=Bounds(events=3))


def test_strings_that_look_like_structure_and_break_across_chunks_are_strings(read) -> None:
    for pad in (0, 1, 2, 65_400, 65_401, 65_402):
        body = event(attribute("domain", "a.example"), comment="p" * pad + '\\"}]{[\\\\')
        assert read([body, event(attribute("domain", "b.example"), name="2")]).indicators == 2


def test_a_large_file_of_many_events_takes_little_memory_and_bounded_time(tmp_path) -> None:
    path = tmp_path / "large.json"
    filler = "x" * 3000
    with path.open("w") as out:
        out.write("[")
        for n in range(10_000):
            body = event(name=str(n), comment=filler)
            out.write(("," if n else "") + json.dumps(body))
        out.write("]")
    assert path.stat().st_size > 30_000_000
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    assert read_path(path, NOW).events == 10_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000
    assert time.perf_counter() - begin < 60


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["Event", "response", "Attribute", "Object", "info", "uuid", "Tag", "type", "value", "Orgc"]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_no_json_breaks_the_reader(tmp_path_factory, value) -> None:
    path = tmp_path_factory.mktemp("misp") / "x.json"
    path.write_text(json.dumps(value))
    try:
        read_path(path, NOW)
    except Refused as refused:
        assert refused.code == "misp.not_json"


def _feed(folder: Path, **files: Any) -> Path:
    for name, value in files.items():
        (folder / name.replace("__", ".")).write_text(json.dumps(value))
    return folder


def test_a_feed_s_folder_is_read_by_its_manifest(tmp_path) -> None:
    good, other = event(attribute("domain", "a.example"), name="1"), event(name="2")
    manifest = {uuid("1"): {}, uuid("2"): {}, uuid("3"): {}, uuid("4"): {}}
    _feed(tmp_path, manifest__json=manifest, **{f"{uuid('1')}__json": good, f"{uuid('2')}__json": event(name="9")})
    (tmp_path / f"{uuid('4')}.json").write_text("{broken")
    found = read_path(tmp_path, NOW)
    assert (found.events, found.indicators) == (1, 1)
    assert found.summary()["bad_events"] == {"missing": 1, "not_json": 1, "other_uuid": 1}
    assert other


def test_no_name_in_a_manifest_leads_out_of_the_folder(tmp_path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps(event(attribute("domain", "a.example"), name="1")))
    folder = tmp_path / "feed"
    folder.mkdir()
    (folder / f"{uuid('1')}.json").symlink_to(outside)
    os.mkfifo(folder / f"{uuid('5')}.json")
    names = ["../outside", "/etc/passwd", "..%2foutside", "outside\u0000", "a/../../outside", uuid("1"), uuid("5")]
    _feed(folder, manifest__json={name: {} for name in names})
    found = read_path(folder, NOW)
    assert found.events == 0
    assert found.bad_events["not_a_uuid"] == 5
    assert sum(found.bad_events.values()) == 7


@pytest.mark.parametrize("manifest", [None, "[1,2]", "{broken", "17"])
def test_a_folder_without_a_manifest_is_no_feed(tmp_path, manifest) -> None:
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(Refused, match="manifest"):
        read_path(tmp_path, NOW)


@pytest.mark.parametrize(
    "distribution, group, labels",
    [
        ("0", None, {'misp:distribution="0"'}),
        ("5", None, {'misp:distribution="3"'}),
        ("4", None, {'misp:distribution="4"'}),
        ("4", {"SharingGroupOrg": []}, {'misp:distribution="4"'}),
        (
            "4",
            {"SharingGroupOrg": [{"Organisation": {"uuid": OTHER}}, "x", None]},
            {'misp:distribution="4"', f'misp:sharing-group-org="{OTHER}"'},
        ),
        ("99", None, {'misp:distribution="0"'}),
    ],
)
def test_who_may_have_it_is_carried_along(read, distribution, group, labels) -> None:
    row = attribute("domain", "a.example", distribution=distribution, **({"SharingGroup": group} if group else {}))
    (one,) = indicators(read(event(row)))
    assert set(one["labels"]) - {'misp:type="domain"'} == labels
