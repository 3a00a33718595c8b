"""The reader of Vietnamese official dispatches: text in, structure out.

`read(text)` returns a `Reading`: what the document asks, of whom, until when, with the place of every value in the text
given. `secrecy_grade(text)` finds the stamp that forbids a document on a connected machine. Pure functions: no
files, no
clock, no network. Form: Decree 30/2020/NĐ-CP, appendix I, and the older Circular 01/2011/TT-BNV.
"""

from .outline import Outline, OutlineItem, outline
from .reader import read
from .reading import Contact, Deadline, Obligation, Phone, Reading, Ref, Signatory, VulnReference, Window
from .secrecy import SecrecyFinding, secrecy_grade
from .values import Field, How, Span

__all__ = [
    "Contact",
    "Deadline",
    "Field",
    "How",
    "Obligation",
    "Outline",
    "OutlineItem",
    "Phone",
    "Reading",
    "Ref",
    "SecrecyFinding",
    "Signatory",
    "Span",
    "VulnReference",
    "Window",
    "outline",
    "read",
    "secrecy_grade",
]
