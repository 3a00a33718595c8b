"""The secrecy grade stamp, told apart from words that only speak of secrecy."""

from __future__ import annotations

from dataclasses import dataclass

from .values import Span


@dataclass(frozen=True, slots=True)
class SecrecyFinding:
    """A grade stamp: `grade` is Mật, Tối mật or Tuyệt mật; `text` and `span` are the stamp as it stands."""

    grade: str
    text: str
    span: Span
    reason: str


def secrecy_grade(text: str) -> SecrecyFinding | None:
    """Find the grade stamp of a document, or None. Source: NĐ 30/2020 phụ lục I, cell 10a."""
    return None
