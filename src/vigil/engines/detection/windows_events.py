"""A Windows event as its XML is written in JSON (System, EventData, UserData), to the flat fields that rules name."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final, overload

from vigil.engines.detection.columns import Columns

_SYSTEM: Final = ("EventID", "Channel", "Computer", "Version", "Level", "Task", "Opcode", "Keywords", "EventRecordID")
_HEAD: Final = ("Provider_Name", "SystemTime")
_CHANNEL: Final = "Channel"


def add_windows(columns: Columns, event: Mapping[str, Any], number: int) -> None:
    """Put an event into the columns; the same as adding its `windows_fields`, in a third of the time.

    Raises: ValueError where there is no System.
    """
    whole = event.get("Event")
    if type(whole) is dict and len(whole) <= 3:
        system, data = whole.get("System"), whole.get("EventData")
        if (
            type(system) is dict
            and type(data) is dict
            and _CHANNEL not in data
            and (len(whole) == 2 or "#attributes" in whole)
        ):
            try:
                head = (
                    system["Provider"]["#attributes"].get("Name"),
                    system["TimeCreated"]["#attributes"].get("SystemTime"),
                )
            except (KeyError, TypeError, AttributeError):
                head = None
            if head is not None:
                key = (tuple(system), tuple(data))
                columns.add_values(key, _Names(key), (*head, *system.values(), *data.values()), number)
                return
    columns.add(windows_fields(event), number)


def windows_places(event: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]] | None:
    """Where the fields that `add_windows` takes stand (lower case name, keys from outside in); None for other events.

    What it says holds for every event with the same keys at every depth.
    """
    whole = event.get("Event")
    if type(whole) is not dict or len(whole) > 3 or not (len(whole) == 2 or "#attributes" in whole):
        return None
    system, data = whole.get("System"), whole.get("EventData")
    if type(system) is not dict or type(data) is not dict or _CHANNEL in data:
        return None
    heads = []
    for name, attribute in (("Provider", "Name"), ("TimeCreated", "SystemTime")):
        there = system.get(name)
        attributes = there.get("#attributes") if type(there) is dict else None
        if type(attributes) is not dict:
            return None
        heads.append(("Event", "System", name, "#attributes", attribute) if attribute in attributes else ())
    paths = [*heads, *(("Event", "System", name) for name in system), *(("Event", "EventData", name) for name in data)]
    names = _Names((tuple(system), tuple(data)))
    return [(name.lower(), path) for name, path in zip(names, paths, strict=True) if name and path]


class _Names(Sequence[str]):
    """The names of a layout, made only when somebody asks."""

    def __init__(self, key: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
        self._key = key

    @cached_property
    def _made(self) -> list[str]:
        system, data = self._key
        taken = {name.lower() for name in data}
        kept = [name if name in _SYSTEM and name.lower() not in taken else "" for name in system]
        return [*(name if name.lower() not in taken else "" for name in _HEAD), *kept, *data]

    def __len__(self) -> int:
        return len(self._made)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        return self._made[at]


def windows_fields(event: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an event: System's by their names, the data's by theirs; data without names is `Data`, a list.

    Raises: ValueError where there is no System.
    """
    whole = event.get("Event", event)
    system = whole.get("System") if isinstance(whole, Mapping) else None
    if not isinstance(system, Mapping):
        raise ValueError("no System in the event")
    found: dict[str, Any] = {}
    for name in _SYSTEM:
        value = system.get(name)
        found[name] = value.get("#text") if type(value) is dict else value
    _attributes(system, found)
    data = whole.get("EventData")
    if type(data) is dict:
        for name, value in data.items():
            if type(value) is dict:
                _leaf(name, value, found)
            else:
                found[name] = value
    elif data is not None:
        found["Data"] = data
    for name in whole:
        if name not in ("System", "EventData", "#attributes") and type(whole[name]) is dict:
            _leaves(whole[name], found)
    found[_CHANNEL] = channels(system.get(_CHANNEL), found[_CHANNEL])
    return found


def channels(written_to: Any, told_of: Any) -> Any:
    """The channel of an event, and the one that it tells of where it does: rules mean either by the one name.

    Event 104 says in System that a channel was cleared; which, its data say.
    """
    if type(written_to) is dict:
        written_to = written_to.get("#text")
    if not written_to or not told_of or told_of == written_to:
        return told_of or written_to
    return [written_to, *told_of] if type(told_of) is list else [written_to, told_of]


def _attributes(system: Mapping[str, Any], found: dict[str, Any]) -> None:
    provider = system.get("Provider")
    if type(provider) is dict:
        found["Provider_Name"] = _attribute(provider, "Name")
    created = system.get("TimeCreated")
    if type(created) is dict:
        found["SystemTime"] = _attribute(created, "SystemTime")


def _attribute(element: Mapping[str, Any], name: str) -> Any:
    """As the ways of turning XML to JSON write it: below `#attributes`, beside the element's own, or with an `@`."""
    attributes = element.get("#attributes")
    if type(attributes) is dict and name in attributes:
        return attributes[name]
    return element.get(name, element.get(f"@{name}"))


def _leaf(name: str, value: Mapping[str, Any], found: dict[str, Any]) -> None:
    if "#text" in value:
        found[name] = value["#text"]
    elif name not in ("#attributes",):
        _leaves(value, found)


def _leaves(value: Mapping[str, Any], found: dict[str, Any], depth: int = 0) -> None:
    for name, one in value.items():
        if name == "#attributes" and type(one) is dict:
            found.update({key: text for key, text in one.items() if key != "xmlns" and key not in found})
        elif type(one) is dict and depth < 10:
            if "#text" in one:
                found[name] = one["#text"]
            else:
                _leaves(one, found, depth + 1)
        else:
            found[name] = one
