"""What a list of events shows of a record: the part that differs from line to line."""

import time

import pytest

from vigil.faces.web.templatetags.detection import gist


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<38>Apr 30 02:00:01 web-1 sshd[42]: Failed password for an", "sshd[42]: Failed password for an"),
        ("<38>Apr  3 02:00:01 web-1  said", "said"),
        ('<13>1 2026-04-30T02:00:01Z web-1 sshd - - [q a="x] \\" y" b="1"][r] Failed', "sshd: Failed"),
        ("<13>1 2026-04-30T02:00:01Z web-1 sshd 42 ID7 - \ufeffFailed", "sshd[42]: Failed"),
        ("<13>1 2026-04-30T02:00:01Z - - - - - Failed", "Failed"),
        ("<13>1 2026-04-30T02:00:01Z web-1 sshd - - -", "<13>1 2026-04-30T02:00:01Z web-1 sshd - - -"),
        ("<13>1 2026-04-30T02:00:01Z web-1 sshd - - [open", "<13>1 2026-04-30T02:00:01Z web-1 sshd - - [open"),
        ('{"message": "x"}', '{"message": "x"}'),
        ("192.0.2.1 - - [30/Apr/2026:02:00:01 +0700]", "192.0.2.1 - - [30/Apr/2026:02:00:01 +0700]"),
        ("", ""),
    ],
)
def test_of_syslog_its_program_and_words(raw, shown) -> None:
    assert gist(raw) == shown


@pytest.mark.parametrize("part", ["[", '["', "[a]", '"]["', "\\", '[a="\\'])
def test_what_is_sent_to_be_slow_is_not(part) -> None:
    began = time.process_time()
    gist("<13>1 2026-04-30T02:00:01Z web-1 sshd - - [" + part * 100_000)
    gist("<13>1 " + "a " * 100_000)
    assert time.process_time() - began < 0.5
