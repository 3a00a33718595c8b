"""Audience classes, read once from `audiences.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Audience:
    """A class of organisations that a dispatch can address."""

    code: str
    vi: str
    en: str
    words: tuple[str, ...] = ()

    def name(self, language: str) -> str:
        """Its name in Vietnamese, or in English for any other language."""
        return self.vi if language.startswith("vi") else self.en


@cache
def audiences() -> dict[str, Audience]:
    """All classes by code, in the file's order."""
    text = files("vigil.domain.organisations").joinpath("audiences.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["audience"]
    return {row["code"]: Audience(**{**row, "words": tuple(row.get("words", ()))}) for row in rows}


def addressed(obligation_audience: str, classes: frozenset[str]) -> bool:
    """Whether an obligation for `obligation_audience` (`all`, `isp`, `isp+platform`...) falls on `classes`."""
    asked = {part.strip() for part in obligation_audience.split("+") if part.strip()}
    return "all" in asked or not asked or bool(asked & classes)


def named_in(text: str) -> frozenset[str]:
    """The classes that an addressee's words name: "Các Tập đoàn, Công ty viễn thông" names `isp`."""
    low = " ".join(text.lower().split())
    return frozenset(code for code, audience in audiences().items() if any(word in low for word in audience.words))
