"""The Vietnamese catalogue, without gettext's own tools: `update` brings it up to the code, `check` fails when
a message has no Vietnamese, a place `{name}` was lost in translation, or the catalogue is behind the code."""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "vigil"
RULES = PACKAGE / "adapters" / "sigma_rules" / "shipped_rules"
CATALOGUE = PACKAGE / "locale" / "vi" / "LC_MESSAGES" / "django.po"
KEYWORDS = ["_", "N_", "gettext", "gettext_lazy", "ngettext:1,2", "say", "translate"]
_PLACES = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def _keywords() -> dict[str, None]:
    return dict.fromkeys(word.split(":")[0] for word in KEYWORDS)


def _python(path: Path) -> Iterator[tuple[int, str, str | tuple[str, ...]]]:
    with path.open("rb") as file:
        for line, function, messages, _ in extract_python(file, _keywords(), [], {"encoding": "utf-8"}):
            yield line, function, messages


def _template(path: Path) -> Iterator[tuple[int, str, str | tuple[str, ...]]]:
    from django.utils.translation.template import templatize

    source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for line, function, messages, _ in extract_python(
        io.BytesIO(source.encode()), _keywords(), [], {"encoding": "utf-8"}
    ):
        yield line, function, messages


def from_code() -> Catalog:
    """Every message that the code can say."""
    found = Catalog(locale="vi", domain="django", charset="utf-8")
    sources = [(path, _python) for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]
    sources += [(path, _template) for path in sorted(PACKAGE.rglob("templates/**/*.html"))]
    for path, read in sources:
        place = str(path.relative_to(ROOT))
        for _line, function, messages in read(path):
            if not messages:
                continue  # called with something that is no literal
            wording = messages if isinstance(messages, str) else next((m for m in messages if m), None)
            if not wording:
                continue
            if function == "ngettext" and not isinstance(messages, str):
                found.add((messages[0], messages[1]), locations=[(place, 0)])
            else:
                found.add(wording, locations=[(place, 0)])
    for wording, vietnamese, place in _rules():
        found.add(wording, vietnamese, locations=[(place, 0)])
    return found


def _rules() -> Iterator[tuple[str, str, str]]:
    """Titles and descriptions of the rules that Vigil ships, which bring their Vietnamese along."""
    for path in sorted(RULES.glob("*.yml")):
        for rule in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            for name in ("title", "description"):
                words = (" ".join(str(said).split()) for said in (rule[name], rule["vigil"][f"{name}_vi"]))
                yield (*words, str(path.relative_to(ROOT)))


def stored() -> Catalog:
    if not CATALOGUE.exists():
        return Catalog(locale="vi", domain="django", charset="utf-8")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="vi")


def update() -> int:
    """Write the catalogue anew: the code's messages in order, translations kept, parts merged, the rest dropped."""
    known = {message.id: message.string for message in stored() if message.id}
    for part in sorted(CATALOGUE.parent.glob("*.po.part")):
        with part.open("rb") as file:
            known.update({message.id: message.string for message in read_po(file) if message.id and message.string})
    fresh = from_code()
    for message in fresh:
        if message.id and not _translated(message) and known.get(message.id):
            message.string = known[message.id]
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, fresh, sort_output=True, omit_header=False, no_location=True, width=120)
    text = CATALOGUE.read_text(encoding="utf-8")
    CATALOGUE.write_text(
        re.sub(r'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator)[^\n]*\n', "", text),
        encoding="utf-8",
    )
    missing = [message for message in fresh if message.id and not _translated(message)]
    print(f"translations: {len(fresh)} messages, {len(missing)} without Vietnamese")
    return 0


def _translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def check() -> int:
    """Return 1 and say why when the catalogue is not complete and true to the code."""
    wanted, have = from_code(), stored()
    faults = []
    for message in wanted:
        if not message.id:
            continue
        kept = have.get(message.id if isinstance(message.id, str) else message.id[0])
        if kept is None or not _translated(kept):
            faults.append(f"no Vietnamese: {message.id!r}  ({', '.join(place for place, _ in message.locations[:2])})")
        elif isinstance(message.id, str) and sorted(_PLACES.findall(message.id)) != sorted(
            _PLACES.findall(str(kept.string))
        ):
            faults.append(f"places differ: {message.id!r} / {kept.string!r}")
        elif isinstance(message.string, str) and message.string and message.string != kept.string:
            faults.append(f"not as the rule says it: {message.id!r}")
    faults += [f"no longer in the code: {message.id!r}" for message in have if message.id and message.id not in wanted]
    for fault in faults:
        print(f"translations: {fault}")
    print(f"translations: {len(wanted)} messages, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit({"update": update, "check": check}[sys.argv[1] if len(sys.argv) > 1 else "check"]())
