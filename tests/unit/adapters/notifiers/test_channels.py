"""The file of channels: what is taken, what is set aside and why, and that an address changes nothing but its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.adapters.notifiers.channels import Channel, allowed_schemes, is_chat_address, read_channels
from vigil.adapters.notifiers.deadman import checked
from vigil.adapters.notifiers.gateway import check_template

GOOD = """
[channel.sms]
label_vi = "Tin nhắn"
url = "jsons://user:bi-mat@gateway.example/send?:to={address}"
takes = "phone"
sms = true
timeout_s = 10
"""
SECRET = "bi-mat"


def _written(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "channels.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_no_file_means_mail_alone(tmp_path) -> None:
    assert list(read_channels(tmp_path / "none.toml").usable) == ["email"]


def test_a_good_entry_is_taken_and_its_secret_never_shows(tmp_path) -> None:
    found = read_channels(_written(tmp_path, GOOD))
    channel = found.usable["sms"]
    assert (channel.takes, channel.sms, channel.timeout_s, channel.label("en")) == ("phone", True, 10.0, "Tin nhắn")
    assert SECRET not in repr(found) + str(found) + repr(channel)


@pytest.mark.parametrize(
    "entry, why",
    [
        ('url = "file:///etc/passwd?{address}"', "scheme file"),
        ('url = "syslog://localhost/{address}"', "scheme syslog"),
        ('url = "dbus://{address}"', "scheme dbus"),
        ('url = "mailto://x:y@mail.example/{address}"', "scheme mailto"),
        ('url = "apprise://host.example/{address}"', "scheme apprise"),
        ('url = "jsons://{address}/x"', "may stand in the path"),
        ('url = "jsons://u:{address}@host.example/x"', "may stand in the path"),
        ('url = "jsons:///x{address}"', "may stand in the path"),
        ('url = "jsons"', "is no address"),
        ("url = 7", "is no address"),
        ('url = "jsons://h.example/{address}"\ntakes = "pigeon"', "phone, email or chat"),
        ('url = "jsons://h.example/{address}"\ntimeout_s = 3600', "timeout_s must be"),
        ('url = "jsons://h.example/{address}"\ntimeout_s = true', "timeout_s must be"),
        ('url = "jsons://h.example/{address}"\nsms = "yes"', "true or false"),
        ('url = "jsons://h.example/{address}"\nexec = "rm"', "Unknown setting exec"),
    ],
)
def test_an_entry_that_cannot_be_used_is_set_aside_with_its_reason_and_the_others_go_on(tmp_path, entry, why) -> None:
    found = read_channels(_written(tmp_path, f"{GOOD}\n[channel.bad]\n{entry}\n"))
    assert sorted(found.usable) == ["email", "sms"]
    assert why in str(found.broken["bad"])


@pytest.mark.parametrize("name", ["email", "Hoa", "a" * 21, '"x y"'])
def test_a_name_that_cannot_be_one_is_set_aside(tmp_path, name) -> None:
    found = read_channels(_written(tmp_path, GOOD.replace("channel.sms", f"channel.{name}")))
    assert list(found.usable) == ["email"]
    assert len(found.broken) == 1


@pytest.mark.parametrize(
    "text, mode, why",
    [
        (GOOD, 0o644, "mode 600"),
        (GOOD + "\n[channel", 0o600, "not TOML"),
        ("channel = 3", 0o600, "no tables"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_and_mail_goes_on(tmp_path, text, mode, why) -> None:
    found = read_channels(_written(tmp_path, text, mode))
    assert list(found.usable) == ["email"]
    assert why in str(found.fault)
    assert SECRET not in str(found.fault)


def test_an_operator_may_allow_other_schemes(tmp_path) -> None:
    entry = GOOD.replace("jsons://", "pover://")
    assert read_channels(_written(tmp_path, entry)).broken
    assert "sms" in read_channels(tmp_path / "channels.toml", allowed_schemes("pover, jsons")).usable


HOSTILE = ["a@evil/?x", "//evil.example/", "?to=all", "#", "..%2f..", "a&b=c", "a:b@evil", "%00", "{address}", "\\evil"]


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60)))
def test_no_address_changes_host_user_scheme_or_another_parameter(address) -> None:
    template = "jsons://user:pw@gateway.example:8443/a/{address}?k=v&:to={address}"
    made = Channel("x", "x", "x", "chat", template).filled(address)
    assert made.startswith("jsons://user:pw@gateway.example:8443/a/")
    path, _, query = made.removeprefix("jsons://user:pw@gateway.example:8443/a/").partition("?")
    assert "/" not in path and "#" not in made
    assert query.startswith("k=v&:to=") and query.count("&") == 1


@pytest.mark.parametrize("text, good", [("123", True), ("!phong:matrix.example", True), ("@ban_truc", True)] + [
    (text, False) for text in ("a/b", "a?b", "a b", "1,2", "", "a%2f", "a\n")
])  # fmt: skip
def test_what_an_address_on_a_chat_may_be(text, good) -> None:
    assert is_chat_address(text) == good


@pytest.mark.parametrize(
    "url, takes, good",
    [
        ("zalo://123456789:abcdefghijKLMNOPqrst/{address}", "chat", True),
        ("tgram://123456789:abcdefg_hijklmnop/{address}", "chat", True),
        ("matrixs://u:p@matrix.example/{address}", "chat", True),
        ("signals://signal.example/+84912000009/{address}", "phone", True),
        ("smseagles://token@sms.example/{address}", "phone", True),
        ("tgram://wrong/{address}", "chat", False),
    ],
)
def test_a_template_that_its_plug_in_does_not_understand_is_told_from_one_that_it_does(url, takes, good) -> None:
    assert check_template(Channel("x", "x", "x", takes, url)) == good


@pytest.mark.parametrize("url", ["http://hc.example/ping/x", "ftp://hc.example", "https://", "nonsense"])
def test_an_outside_address_is_https_or_this_machine(url) -> None:
    with pytest.raises(ValueError, match="VIGIL_DEADMAN_URL"):
        checked(url)
    assert checked("https://hc.example/ping/x") and checked("http://127.0.0.1:8001/x") and checked("") == ""
