"""Rules where they lie: folders, files, archives; and plans that are kept by content."""

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from vigil.adapters.sigma_rules import kept_plan, rule_texts
from vigil.adapters.sigma_rules.archives import archive_texts

RULE = b"title: T\nid: 00000000-0000-4000-8000-00000000000a\n"
RULE += b"logsource: {product: p}\ndetection: {s: {f: x}, condition: s}\n"


def test_a_folder_a_file_and_archives_give_the_same_rules(tmp_path) -> None:
    folder = tmp_path / "rules"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.yml").write_bytes(RULE)
    (folder / "read.md").write_bytes(b"not a rule")
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as packed:
        packed.writestr("../../a.yml", RULE)
    with tarfile.open(tmp_path / "r.tar.xz", "w:xz") as archive:
        for name, kind in (("in/a.yml", tarfile.REGTYPE), ("in/link.yml", tarfile.SYMTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(RULE) if kind == tarfile.REGTYPE else 0
            member.linkname = "/etc/passwd"
            archive.addfile(member, io.BytesIO(RULE))
    for place in (folder, folder / "in" / "a.yml", tmp_path / "r.zip", tmp_path / "r.tar.xz"):
        assert [data for _, data in rule_texts([place])] == [RULE], place


def test_a_link_out_of_the_folder_is_not_followed_and_no_archive_is_said(tmp_path) -> None:
    outside = tmp_path / "secret.yml"
    outside.write_bytes(RULE)
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yml").symlink_to(outside)
    assert list(rule_texts([folder])) == []
    for name in ("r.zip", "r.tar.gz"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 nothing")
        with pytest.raises(ValueError, match="no archive"):
            list(rule_texts([tmp_path / name]))


def test_a_plan_is_kept_by_content_and_made_anew_when_it_cannot_be_read(tmp_path: Path) -> None:
    texts, cache = [("a.yml", RULE)], tmp_path / "cache"
    first, read, kept = kept_plan(texts, cache)
    assert (len(first.rules), len(read.rules), kept) == (1, 1, False)
    again, read, kept = kept_plan(texts, cache)
    assert (again.rules, len(read.rules), kept) == (first.rules, 1, True)
    assert kept_plan([("a.yml", RULE + b"level: high\n")], cache)[2] is False
    for path in cache.iterdir():
        path.write_bytes(b"broken")
    assert kept_plan(texts, cache)[2] is False
    assert kept_plan(texts, cache)[2] is True
    assert cache.stat().st_mode & 0o077 == 0
    assert kept_plan(texts, None)[2] is False


def _zipped(*members: tuple[str, bytes], link: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
        if link:
            info = zipfile.ZipInfo(link)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def _tarred(*members: tuple[str, bytes], link: str = "", mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        if link:
            member = tarfile.TarInfo(link)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(member)
    return out.getvalue()


def test_an_archive_that_was_handed_in_gives_its_rules_and_no_links() -> None:
    members = [("sigma/rules/b.yml", RULE), ("sigma/rules/a.yaml", RULE + b"level: high\n"), ("sigma/README.md", b"x")]
    for data in (_zipped(*members, link="sigma/rules/link.yml"), _tarred(*members, link="sigma/rules/link.yml")):
        assert archive_texts(data) == [("sigma/rules/a.yaml", RULE + b"level: high\n"), ("sigma/rules/b.yml", RULE)]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "neither"),
        (b"title: x", "neither"),
        (_tarred(("a.yml", RULE), mode="w:xz"), "neither"),
        (b"PK\x03\x04 nothing", "BadZipFile"),
        (b"\x1f\x8b nothing", "ReadError"),
        (_tarred(("a.yml", RULE))[:60], "EOFError"),
        (_zipped(("../a.yml", RULE)), "leads out"),
        (_zipped(("/etc/a.yml", RULE)), "leads out"),
        (_zipped(("..\\a.yml", RULE)), "leads out"),
        (_tarred(("rules/../../a.yml", RULE)), "leads out"),
        (_zipped(("C:/a.yml", RULE)), "leads out"),
        (_zipped(("d/" * 17 + "a.yml", RULE)), "deep"),
        (_zipped(("bomb.bin", bytes(1_000_001))), "unpacks to more"),
        (_tarred(("bomb.bin", bytes(1_000_001))), "unpacks to more"),
        (_tarred(*((f"{n}.txt", b"") for n in range(101))), "more than 100 files"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_an_archive_that_is_none_or_means_harm_is_refused_with_the_reason(data, why) -> None:
    with pytest.raises(ValueError, match=why):
        archive_texts(data, most_members=100, most_unpacked=1_000_000)
