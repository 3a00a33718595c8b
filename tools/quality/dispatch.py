"""Measure the dispatch reader against labelled texts, field by field.

    python tools/quality/dispatch.py   (VIGIL_CORPUS: the folder that holds `dispatches`; default ../shared/data)

Prints precision and recall per field over the first dispatch and `dev/`, the count of invented values, and every miss
with its file and both values; writes build/quality/dispatch.json; exits 1 when a field stays under 0.95 or a value is
invented.

How values are compared (a "unit" is one value of a field, or one element of a list):

- exact: kind, number, number_missing_serial, place, date, issuer, issuer_parent, window.start, window.end, cves, refs
  (number and date together), obligations (id), audience (id and audience together), first_words (id and words; equal,
  or one the beginning of the other as far as both go, because the first label gives eight words and the others seven),
  deadlines (date and obligation), contacts (organisation, phones, hotlines, mails together), recipients, signatory, and
  products (name, letter case aside). "Exact" is after composing Unicode, old tone placement and single spaces.
- words: subject, window.event, deadline.what, addressees. The labeller restated some of them, so they count as equal
  when the F1 of their words is at least 0.75, or when the label's words stand in the reading in the same order and the
  reading is a stretch of the text itself (a label that only shortens). vuln_references compare `text` exactly, and
  `resolve_to` up to its first ";" (what stands behind it is the labeller's knowledge of other documents).
- Only keys that a label file holds are compared. A label that is null or [] with nothing read is agreement without a
  unit; something read where the label says null counts against precision and, for number, date and place, as INVENTED,
  as does a CVE or a reference to a document that the label does not have.
- A label cannot be read where the text holds none of its words, or where a name in it (two words or more with capitals:
  a province, an occasion) is not in the text and has a word that is nowhere in the text. It is listed under "label not
  in the text" and leaves the count. The rule looks at the text and the label alone, never at the file's name.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vigil.engines.dispatch import read
from vigil.engines.dispatch.text import compiled, key

ROOT = Path(__file__).resolve().parents[2]
FLOOR = 0.95
NEVER_INVENT = ("number", "date", "place", "cves", "refs")
WORDS_F1 = 0.75


@dataclass
class Score:
    """Counts of one field."""

    right: int = 0
    read: int = 0
    labelled: int = 0
    outside: int = 0

    @property
    def precision(self) -> float | None:
        return self.right / self.read if self.read else None

    @property
    def recall(self) -> float | None:
        return self.right / self.labelled if self.labelled else None


@dataclass
class Tally:
    """Everything that a run found."""

    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    misses: list[dict[str, Any]] = field(default_factory=list)
    invented: list[dict[str, Any]] = field(default_factory=list)
    outside: list[dict[str, Any]] = field(default_factory=list)
    documents: int = 0


def words(value: str) -> list[str]:
    """Words and numbers, folded."""
    return re.findall(r"[^\W_]+(?:[./-][^\W_]+)*", key(value))


def f1(a: str, b: str) -> float:
    left, right = words(a), words(b)
    rest, common = list(right), 0
    for word in left:
        if word in rest:
            rest.remove(word)
            common += 1
    return 2 * common / (len(left) + len(right)) if left or right else 1.0


def shortens(label: str, reading: str, text: str) -> bool:
    """The label's words in their order within a reading that is a stretch of the text."""
    left = iter(words(reading))
    in_order = all(any(word == other for other in left) for word in words(label))
    return in_order and " ".join(words(reading)) in " ".join(words(text))


def same_words(label: str, reading: str, text: str) -> bool:
    return key(label) == key(reading) or f1(label, reading) >= WORDS_F1 or shortens(label, reading, text)


def same(label: Any, reading: Any, text: str) -> bool:
    return plain(label) == plain(reading)


def plain(value: Any) -> Any:
    if isinstance(value, str):
        return key(unicodedata.normalize("NFC", value))
    if isinstance(value, (list, tuple)):
        return tuple(plain(v) for v in value)
    if isinstance(value, dict):
        return tuple((k, plain(v)) for k, v in sorted(value.items()))
    return value


def not_in_text(label: str, text: str) -> list[str]:
    """What keeps a label from being read: a name in it (two capitals or more) that the text holds neither whole nor
    in part."""
    held, whole = set(words(text)), " ".join(words(text))
    names = compiled(r"[A-ZĐÀ-Ỹ][^\W_]*(?: [A-ZĐÀ-Ỹ][^\W_]*)+").findall(label)
    names = [n for n in names if key(n) not in whole and any(w not in held for w in words(n))]
    return names or ([label] if not held & set(words(label)) else [])


class Comparison:
    """One document's reading beside its labels."""

    def __init__(self, name: str, text: str, label: dict[str, Any], tally: Tally) -> None:
        self.name, self.text, self.label, self.tally = name, text, label, tally
        self.reading = read(text).to_json()

    def run(self) -> None:
        for name in ("kind", "issuer", "issuer_parent", "number", "number_missing_serial", "place", "date"):
            if name in self.label:
                self.one(name, self.label[name], self.reading[name], same)
        if "subject" in self.label:
            self.one("subject", self.label["subject"], self.reading["subject"], same_words)
        self.window()
        self.lists()
        self.obligations()
        if "signatory" in self.label:
            self.one("signatory", self.label["signatory"], self.reading["signatory"], same)

    def window(self) -> None:
        if "window" not in self.label:
            return
        label, reading = self.label["window"] or {}, self.reading["window"] or {}
        outside = label and not_in_text(label.get("event") or "", self.text)
        if outside:
            self.aside("window.event", label.get("event"), outside)
            label = {}
            if not reading:
                return
        self.one("window.event", label.get("event"), reading.get("event"), same_words)
        for name in ("start", "end"):
            self.one(f"window.{name}", label.get(name), reading.get(name), same)

    def lists(self) -> None:
        for name, compare in (
            ("cves", same),
            ("products", same),
            ("addressees", same_words),
            ("recipients_noi_nhan", same),
        ):
            if name in self.label:
                self.many(name, self.label[name], self.reading[name], compare)
        if "refs" in self.label:
            self.many("refs", self.label["refs"], self.reading["refs"], same)
        if "contacts" in self.label:
            self.many("contacts", self.label["contacts"], self.reading["contacts"], same)
        if "deadlines" in self.label:
            label, reading = self.label["deadlines"], self.reading["deadlines"]
            self.many(
                "deadlines",
                [(d["date"], d["obligation"]) for d in label],
                [(d["date"], d["obligation"]) for d in reading],
                same,
            )
            self.many("deadlines.what", [d["what"] for d in label], [d["what"] for d in reading], same_words)
        if "vuln_references" in self.label:
            cut = [(v["text"], v["resolve_to"].split(";")[0]) for v in self.label["vuln_references"]]
            got = [(v["text"], (v["resolve_to"] or "").split(";")[0]) for v in self.reading["vuln_references"]]
            self.many("vuln_references", cut, got, same)

    def obligations(self) -> None:
        if "obligations" not in self.label:
            return
        label, reading = self.label["obligations"], self.reading["obligations"]
        self.many("obligations", [o["id"] for o in label], [o["id"] for o in reading], same)
        self.many(
            "obligations.audience",
            [(o["id"], o["audience"]) for o in label],
            [(o["id"], o["audience"]) for o in reading],
            same,
        )
        got = [(o["id"], o["text"]) for o in reading]
        self.many("obligations.first_words", [(o["id"], o["first_words"]) for o in label], got, begins)

    # -- counting

    def one(self, name: str, label: Any, reading: Any, compare: Any) -> None:
        if isinstance(label, str):
            outside = (
                not_in_text(label, self.text)
                if name in ("issuer", "subject") and not (reading and compare(label, reading, self.text))
                else []
            )
            if outside:
                self.aside(name, label, outside)
                return
        score = self.tally.scores[name]
        score.read += reading is not None
        score.labelled += label is not None
        if label is not None and reading is not None and compare(label, reading, self.text):
            score.right += 1
        elif label is not None or reading is not None:
            self.miss(name, label, reading)
            if label is None and name in NEVER_INVENT:
                self.tally.invented.append({"file": self.name, "field": name, "reading": reading})

    def many(self, name: str, label: list[Any], reading: list[Any], compare: Any) -> None:
        score = self.tally.scores[name]
        score.read += len(reading)
        score.labelled += len(label)
        rest = list(reading)
        for wanted in label:
            found = next((r for r in rest if compare(wanted, r, self.text)), None)
            if found is None:
                self.miss(name, wanted, None)
            else:
                rest.remove(found)
                score.right += 1
        for extra in rest:
            self.miss(name, None, extra)
            if name in NEVER_INVENT:
                self.tally.invented.append({"file": self.name, "field": name, "reading": extra})

    def miss(self, name: str, label: Any, reading: Any) -> None:
        self.tally.misses.append({"file": self.name, "field": name, "label": label, "reading": reading})

    def aside(self, name: str, label: Any, missing: list[str]) -> None:
        self.tally.scores[name].outside += 1
        self.tally.outside.append({"file": self.name, "field": name, "label": label, "not in the text": missing})


def begins(label: Any, reading: Any, text: str) -> bool:
    """The same id, and the label's words begin the obligation's."""
    return label[0] == reading[0] and key(reading[1]).startswith(key(label[1]))


def corpus() -> list[Path]:
    """The labelled texts, or an empty list where there are none."""
    folder = Path(os.environ.get("VIGIL_CORPUS", ROOT.parent / "shared" / "data")) / "dispatches"
    return [
        p for p in (*sorted(folder.glob("*.txt")), *sorted(folder.glob("dev/*.txt"))) if p.with_suffix(".json").exists()
    ]


def measure(paths: list[Path]) -> Tally:
    """Read every text and compare."""
    tally = Tally()
    for path in paths:
        label = json.loads(path.with_suffix(".json").read_text("utf-8"))
        Comparison(path.name, path.read_text("utf-8"), label, tally).run()
        tally.documents += 1
    return tally


def failures(tally: Tally) -> list[str]:
    """What keeps the reader from passing."""
    low = [
        f"{name} {what} {value:.3f}"
        for name, score in tally.scores.items()
        for what, value in (("precision", score.precision), ("recall", score.recall))
        if value is not None and value < FLOOR
    ]
    return low + [f"invented {i['field']} in {i['file']}: {i['reading']}" for i in tally.invented]


def report(tally: Tally) -> str:
    """The table, the misses, and what the labels have from elsewhere."""
    lines = [
        f"{tally.documents} documents",
        "",
        f"{'field':26}{'precision':>10}{'recall':>8}{'right':>7}{'read':>6}{'label':>7}{'outside':>9}",
    ]
    for name, score in tally.scores.items():
        shown = ["-" if v is None else f"{v:.3f}" for v in (score.precision, score.recall)]
        lines.append(
            f"{name:26}{shown[0]:>10}{shown[1]:>8}{score.right:>7}{score.read:>6}{score.labelled:>7}{score.outside:>9}"
        )
    lines += ["", f"invented values: {len(tally.invented)}", "", f"misses: {len(tally.misses)}"]
    lines += [
        f"  {m['file']} {m['field']}\n    label:   {m['label']}\n    reading: {m['reading']}" for m in tally.misses
    ]
    lines += ["", f"labels that are not in the text: {len(tally.outside)}"]
    lines += [
        f"  {o['file']} {o['field']}: {o['label']}\n    missing: {', '.join(o['not in the text'])}"
        for o in tally.outside
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure, print, write, judge."""
    paths = corpus()
    if not paths:
        print("no labelled texts: set VIGIL_CORPUS to the folder that holds `dispatches`")
        return 1
    tally = measure(paths)
    print(report(tally))
    target = ROOT / "build" / "quality"
    target.mkdir(parents=True, exist_ok=True)
    table = {n: {"precision": s.precision, "recall": s.recall, **vars(s)} for n, s in tally.scores.items()}
    found = {
        "documents": tally.documents,
        "fields": table,
        "invented": tally.invented,
        "misses": tally.misses,
        "not_in_text": tally.outside,
    }
    (target / "dispatch.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    low = failures(tally)
    print("\n" + ("\n".join(["UNDER THE FLOOR", *low]) if low else f"every field at {FLOOR} or more, nothing invented"))
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
