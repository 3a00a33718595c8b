"""Indicators: what they are, what is refused, and that looking up finds what asking each of them would."""

import ipaddress
import re
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.engines.detection.indicators import IndicatorSet, kind_of, read_list

SUFFIXES = {"vn", "com.vn", "example", "github.io"}


def _suffix(name: str) -> bool:
    return name in SUFFIXES


def _list(*lines: str) -> IndicatorSet:
    return read_list(lines, is_suffix=_suffix)


def _matched(found: IndicatorSet, **columns) -> set[tuple[str, int]]:
    batch = pa.RecordBatch.from_arrays([pa.array(values) for values in columns.values()], names=list(columns))
    pairs = zip(*(column.to_pylist() for column in found.match(batch).columns), strict=True)
    return {(found.indicators[number].value, row) for number, row in pairs}


@pytest.mark.parametrize(
    ("value", "kind", "normal"),
    [
        ("Xau.Example.", "domain", "xau.example"),
        ("*.xau[.]example", "domain", "xau.example"),
        ("đường.example", "domain", "xn--ng-53s1r6c.example"),
        ("192.0.2.7", "address", "192.0.2.7"),
        ("2001:DB8::1", "address", "2001:db8::1"),
        ("192.0.2.7/24", "network", "192.0.2.0/24"),
        ("hxxp://Xau[.]example:80", "url", "http://xau.example/"),
        ("https://xau.example/A?b=C#d", "url", "https://xau.example/A?b=C"),
        ("D41D8CD98F00B204E9800998ECF8427E", "hash", "d41d8cd98f00b204e9800998ecf8427e"),
    ],
)
def test_values_as_lists_write_them(value, kind, normal) -> None:
    found = kind_of(value)
    assert found[0] == kind
    if kind == "domain" and not value.isascii():
        assert found[1].startswith("xn--")
    else:
        assert found[1] == normal


def test_what_would_match_half_the_world_and_what_is_none_is_refused_one_by_one() -> None:
    bad = ["com.vn", "github.io", "0.0.0.0/0", "::/0", "10.0.0.0/7", "0.0.0.0", "127.0.0.1", "localhost",
           "a b.example", "1.2.3", "x" * 3000, "gopher://xau.example", "-a.example"]  # fmt: skip
    found = _list(*bad, "xau.example", "# a remark", "", "tot.example,không,,", "192.0.2.0/24 # remark")
    assert [one.value for one in found.indicators] == ["xau.example", "192.0.2.0/24"]
    assert len(found.refused) == len(bad) + 1
    assert all(one.reason for one in found.refused)


def test_subdomains_networks_urls_and_hashes_are_found_and_neighbours_are_not() -> None:
    md5 = "d41d8cd98f00b204e9800998ecf8427e"
    found = _list("xau.example", "192.0.2.0/25", "2001:db8::/32", "https://tot.example/a", md5, "198.51.100.9")
    hosts = ["xau.example", "A.B.XAU.example.", "khongxau.example", "example", None, "xau.example.tot.example"]
    assert _matched(found, queryname=hosts) == {("xau.example", 0), ("xau.example", 1)}
    addresses = ["192.0.2.127", "192.0.2.128", "::ffff:192.0.2.1", "2001:db8:1::", "198.51.100.9", "x"]
    assert _matched(found, destinationip=addresses) == {
        ("192.0.2.0/25", 0), ("192.0.2.0/25", 2), ("2001:db8::/32", 3), ("198.51.100.9", 4)
    }  # fmt: skip
    urls = [
        "HTTPS://tot.example/a#x",
        "https://tot.example/b",
        "http://q.xau.example/",
        ["https://tot.example/a", "x"][1],
    ]
    assert _matched(found, url=urls) == {("https://tot.example/a", 0), ("xau.example", 2)}
    assert _matched(found, hashes=[f"SHA1={'0' * 40},MD5={md5.upper()}", f"x{md5}0"]) == {(md5, 0)}
    assert _matched(found, ipaddress=pa.array([["x", "192.0.2.1"], []], pa.list_(pa.string()))) == {("192.0.2.0/25", 0)}
    assert _matched(found, image=["xau.example"]) == set(), "not a field that holds hosts"


def test_validity_and_tlp_are_kept() -> None:
    found = _list("xau.example,2026-04-01T00:00:00Z,2026-05-01,amber", "hai.example")
    one, two = found.indicators
    assert (one.tlp, two.tlp) == ("AMBER", "")
    assert one.valid_at(datetime(2026, 4, 30, tzinfo=UTC))
    assert not one.valid_at(datetime(2026, 5, 1, tzinfo=UTC))
    assert not one.valid_at(datetime(2026, 3, 31, tzinfo=UTC))
    assert two.valid_at(datetime(1990, 1, 1, tzinfo=UTC))


addresses = st.one_of(
    st.integers(0xC0000200, 0xC00002FF).map(lambda n: str(ipaddress.IPv4Address(n))),
    st.integers(0, 255).map(lambda n: f"2001:db8::{n:x}"),
)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(addresses, st.integers(19, 32)), max_size=8),
    st.lists(st.lists(st.sampled_from(["a", "b", "xau"]), min_size=1, max_size=3).map(".".join), max_size=6),
    st.lists(addresses, min_size=1, max_size=8),
    st.lists(
        st.lists(st.sampled_from(["a", "b", "xau"]), min_size=1, max_size=4).map(".".join), min_size=1, max_size=8
    ),
)
def test_looking_up_is_asking_each(networks, domains, asked, hosts) -> None:
    nets = [f"{address}/{length}" for address, length in networks]
    names = [f"{name}.example" for name in domains]
    found = _list(*nets, *names)
    assert not found.refused
    expected = {
        (str(net), row)
        for row, address in enumerate(asked)
        for net in (ipaddress.ip_network(one, strict=False) for one in nets)
        if ipaddress.ip_address(address) in net
    }
    assert _matched(found, destinationip=asked) == expected
    full = [f"{host}.example" for host in hosts]
    expected = {
        (name, row) for row, host in enumerate(full) for name in names if host == name or host.endswith(f".{name}")
    }
    assert _matched(found, queryname=full) == expected


def test_many_lines_at_once_are_read_as_one_by_one() -> None:
    odd = [
        "com.vn",
        "Xau.Example",
        "*.sao.example",
        "a.b.c.xau.example",
        "127.0.0.1",
        "0.1.2.3",
        "224.0.0.1",
        "1.2.3.4",
        "1.2.3.04",
        "256.1.1.1",
        "192.0.2.0/24",
        "::1",
        "2001:db8::7",
        "hxxp://xau[.]example",
        "http://xau.example/a,b",
        "https://xau.example/A?b=c",
        "http://user@xau.example/",
        "http://xau.example:80/",
        "d41d8cd98f00b204e9800998ecf8427e",
        "D41D8CD98F00B204E9800998ECF8427E",
        "d41d",
        "# remark",
        "xau.example # remark",
        "",
        "   ",
        "xau.123",
        "-x.example",
        "x_.example",
        "đường.example",
        "tot.example,2026-01-01,2027-01-01,red",
        "tot.example,mai,,",
        f"{'a' * 64}.example",
        f"{'.'.join(['abcdefgh'] * 30)}.example",
        "http://xau.example/" + "a" * 3000,
        "a..example",
        "xau.example.",
    ]
    lines = [f"may{n}.xau.example" if n % 3 else odd[n // 3 % len(odd)] for n in range(3 * len(odd))]
    assert len(lines) > 100
    at_once = _list(*(f"{line}\n" for line in lines))
    one_by_one = IndicatorSet()
    for line in lines:
        for found in _list(line).indicators:
            one_by_one.add(found.value, is_suffix=_suffix)
    assert sorted((one.kind, one.value) for one in at_once.indicators) == sorted(
        (one.kind, one.value) for one in one_by_one.indicators
    )
    refused = [found.value for line in lines for found in _list(line).refused]
    assert sorted(one.value for one in at_once.refused) == sorted(refused)
    assert [at_once.indicators[n].tlp for n in range(len(at_once.indicators))].count("RED") == 1


PARTS = ("MD5=", ",", "\n", "x", "đ", 0, 1, 2, 3, 4, 5)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.text("0123456789abcdef", min_size=30, max_size=66), max_size=6),
    st.lists(
        st.lists(st.sampled_from(["MD5=", ",", "\n", "x", "đ", 0, 1, 2, 3, 4, 5]), max_size=7), min_size=1, max_size=6
    ),
)
def test_hashes_are_whole_runs_of_digits(hashes, told) -> None:
    """Whatever stands around them: a longer run is another hash."""
    values = [
        "".join(part if isinstance(part, str) else ([*hashes, ""] * 6)[part].upper() for part in one) for one in told
    ]
    found = _list(*hashes)
    known = {one.value for one in found.indicators}
    expected = {
        (run, row)
        for row, value in enumerate(values)
        for run in re.findall(r"(?<![0-9a-f])[0-9a-f]+(?![0-9a-f])", value.lower())
        if run in known
    }
    assert _matched(found, hashes=values) == expected
