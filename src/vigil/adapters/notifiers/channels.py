"""The ways out that an operator set up: `channels.toml`, one table a channel, each an address template of apprise.

    [channel.sms]
    label_vi = "Tin nhắn"
    label_en = "Text message"
    url = "kannel-like gateway, with {address} in its path or query"
    takes = "phone"            # phone, email or chat: what an address on it looks like
    sms = true                 # unaccented, one message of 160
    timeout_s = 10

The file holds secrets: it is for its owner alone, and nothing of a `url` is ever shown, logged or kept elsewhere. An
entry that cannot be used is set aside with its reason; the others go on. Mail is always there and needs no entry.
"""

import re
import stat
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from vigil.kernel.phrases import N_, Phrase, phrase

EMAIL: Final = "email"
TAKES: Final = ("phone", "email", "chat")
DEFAULT_SCHEMES: Final = frozenset({
    "json", "jsons", "xml", "xmls", "form", "forms", "tgram", "zalo", "matrix", "matrixs", "signal", "signals",
    "threema", "viber", "whatsapp", "line", "clickatell", "twilio", "vonage", "nexmo", "smsmanager", "smsmgr",
    "smseagle", "smseagles", "smsc", "d7sms", "bulksms", "msgbird", "infobip", "plivo", "sinch", "httpsms", "smstunnel",
    "gotify", "gotifys", "ntfy", "ntfys", "mmost", "mmosts", "rocket", "rockets", "slack", "workflow", "workflows",
    "zulip", "gchat", "goalert", "goalerts",
})  # fmt: skip
WEBHOOKS: Final = frozenset(["json", "jsons", "xml", "xmls", "form", "forms"])
LONGEST_TIMEOUT_S: Final = 60.0
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,19}")
_CHAT: Final = re.compile(r"[^\s,;/\\?&%\x00-\x1f\x7f]{1,200}")


@dataclass(frozen=True, slots=True)
class Channel:
    """One way out. `url` never shows; `{address}` in it is filled in, quoted."""

    name: str
    label_vi: str
    label_en: str
    takes: str
    url: str = field(repr=False, default="")
    sms: bool = False
    timeout_s: float = 20.0
    failover_s: float = 60.0
    at_once: int = 4

    @property
    def scheme(self) -> str:
        """What kind of provider it is: that much may be shown."""
        return self.url.partition("://")[0].lower()

    def label(self, language: str) -> str:
        """Its name for a reader."""
        return self.label_en if language == "en" else self.label_vi

    def filled(self, address: str) -> str:
        """The template with `address` in it.

        Raises: ValueError when the address would change anything but the place it was given: host, user, port, scheme.
        """
        quoted = quote(address, safe="")
        made = self.url.replace("{address}", quoted)
        expected, found = urlsplit(self.url.replace("{address}", "x")), urlsplit(made)
        if (expected.scheme, expected.netloc) != (found.scheme, found.netloc) or expected.fragment != found.fragment:
            raise ValueError("the address would change the way out")
        return made


MAIL: Final = Channel(EMAIL, "Thư điện tử", "E-mail", "email")


@dataclass(frozen=True, slots=True)
class Channels:
    """What the file gives: usable channels by name (mail among them), and why others, or the whole file, are not."""

    usable: Mapping[str, Channel]
    broken: Mapping[str, Phrase]
    fault: Phrase | None = None


def read_channels(path: Path, schemes: Collection[str] = DEFAULT_SCHEMES) -> Channels:
    """Read `path`; a file that is not there means: mail alone. `schemes` are those that a template may begin with."""
    only_mail = {EMAIL: MAIL}
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text).get("channel", {})
    except FileNotFoundError:
        return Channels(only_mail, {})
    except (OSError, UnicodeDecodeError) as error:
        why = phrase(N_("The file of channels cannot be read ({kind})."), kind=type(error).__name__)
        return Channels(only_mail, {}, why)
    except tomllib.TOMLDecodeError as error:  # its message tells a line and a column, nothing of the file
        place = re.search(r"at line \d+, column \d+|at end of document", str(error))
        why = phrase(N_("The file of channels is not TOML ({place})."), place=place.group(0) if place else "?")
        return Channels(only_mail, {}, why)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        why = phrase(N_("The file of channels can be read by others; give it the mode 600. It is not used until then."))
        return Channels(only_mail, {}, why)
    if not isinstance(tables, dict):
        return Channels(only_mail, {}, phrase(N_("The file of channels has no tables [channel.NAME].")))
    usable, broken = dict(only_mail), {}
    for name, table in tables.items():
        made = _channel(str(name), table, schemes)
        if isinstance(made, Channel):
            usable[made.name] = made
        else:
            broken[str(name)[:40]] = made
    return Channels(usable, broken)


def _channel(name: str, table: Any, schemes: Collection[str]) -> Channel | Phrase:
    if not _NAME.fullmatch(name) or name == EMAIL:
        return phrase(N_("A channel's name is up to 20 small letters, digits, - and _, and not “email”."))
    if not isinstance(table, dict):
        return phrase(N_("It is not a table [channel.NAME]."))
    known = {"label_vi", "label_en", "url", "sms", "timeout_s", "failover_s", "takes", "at_once"}
    strange = sorted(set(table) - known)
    if strange:
        return phrase(N_("Unknown setting {name}."), name=", ".join(strange)[:100])
    url, takes = table.get("url"), table.get("takes", "chat")
    fault = _fault_of_url(url, schemes)
    if fault is not None:
        return fault
    if takes not in TAKES:
        return phrase(N_("“takes” must be phone, email or chat."))
    numbers = {"timeout_s": (20.0, 1.0, LONGEST_TIMEOUT_S), "failover_s": (60.0, 1.0, 3600.0), "at_once": (4, 1, 16)}
    read: dict[str, Any] = {}
    for key, (default, least, most) in numbers.items():
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            return phrase(N_("{key} must be a number from {least} to {most}."), key=key, least=least, most=most)
        read[key] = type(default)(value)
    if not isinstance(table.get("sms", False), bool):
        return phrase(N_("“sms” must be true or false."))
    label = str(table.get("label_vi") or name)[:60]
    return Channel(
        name, label, str(table.get("label_en") or label)[:60], takes, str(url), table.get("sms", False), **read
    )


def _fault_of_url(url: Any, schemes: Collection[str]) -> Phrase | None:
    if not isinstance(url, str) or "://" not in url or len(url) > 2000:
        return phrase(N_("“url” is missing or is no address."))
    scheme = url.partition("://")[0].lower()
    if scheme not in schemes:
        return phrase(N_("The scheme {scheme} is not among those allowed (VIGIL_CHANNEL_SCHEMES)."), scheme=scheme[:30])
    try:
        parts = urlsplit(url)
        strange = "{address}" in parts.netloc or not parts.netloc
    except ValueError:
        return phrase(N_("“url” is missing or is no address."))
    if strange:
        return phrase(N_("{place} may stand in the path or the query of “url”, not before."), place="{address}")
    return None


def allowed_schemes(words: str) -> frozenset[str]:
    """From `VIGIL_CHANNEL_SCHEMES`: names apart by commas or spaces; none: the default ones."""
    named = frozenset(word.lower() for word in re.split(r"[\s,]+", words) if word)
    return named or DEFAULT_SCHEMES


def is_chat_address(text: str) -> bool:
    """Whether `text` may be an address on a chat: one word, nothing that would begin another part of an address."""
    return bool(_CHAT.fullmatch(text))
