"""Template tags: icons from the kept library, phrases in the reader's language, verdict colours, local names."""

import re
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from vigil.domain.accounts.permissions import permitted
from vigil.domain.duty.models import Function, Kind
from vigil.domain.organisations.audiences import audiences
from vigil.domain.organisations.models import ChannelKind
from vigil.engines.roster.wording import SHIFT_WORDS
from vigil.kernel.phrases import Phrase
from vigil.kernel.proofs import Basis, Verdict

register = template.Library()

_VERDICTS = {
    "met": ("green", "circle-check"),
    "at_risk": ("orange", "alert-triangle"),
    "not_met": ("red", "circle-x"),
    "cannot_tell": ("secondary", "help-circle"),
}
_NAME = re.compile(r"[a-z0-9-]+")


@lru_cache(maxsize=256)
def _svg(name: str, style: str) -> str:
    if not _NAME.fullmatch(name):
        return ""
    path = settings.VIGIL_ICONS / style / f"{name}.svg"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return ""
    return text[text.index("<svg") :].replace("<svg", '<svg aria-hidden="true"', 1)


@register.filter
def whole_letters(text: str) -> str:
    """Each letter as one character with its marks (Unicode NFC), so that it is found and drawn as one."""
    return normalize("NFC", text)


@register.simple_tag
def icon(name: str, style: str = "outline") -> SafeString:
    """An inline SVG of the kept icon set (decoration: hidden from screen readers)."""
    svg = _svg(name, style).replace('class="icon ', 'class="icon icon-', 0)
    return mark_safe(svg.replace('class="icon', 'class="icon', 1))  # noqa: S308 - from the library's own files


@register.filter
def said(value: Any) -> str:
    """A `Phrase` in the reader's language."""
    return value.said(gettext) if isinstance(value, Phrase) else str(value or "")


@register.simple_tag
def verdict_badge(verdict: str) -> SafeString:
    """The verdict as a coloured badge with icon and word (never colour alone)."""
    colour, glyph = _VERDICTS[str(verdict)]
    word = gettext(Verdict(str(verdict)).label)
    return format_html(
        '<span class="badge bg-{}-lt verdict verdict-{}">{} {}</span>', colour, verdict, icon(glyph), word
    )


@register.filter
def verdict_colour(verdict: str) -> str:
    """Tabler's colour name for a verdict."""
    return _VERDICTS[str(verdict)][0]


@register.filter
def basis_word(basis: str) -> str:
    """The basis in words."""
    return gettext(Basis(str(basis)).label)


@register.filter
def audience_words(codes: Any) -> str:
    """Audience codes (`isp+platform`, or a list) as names in the reader's language."""
    known = audiences()
    parts = codes.split("+") if isinstance(codes, str) else list(codes or [])
    language = get_language() or "vi"
    names = [
        gettext("All addressees") if part == "all" else known[part].name(language) if part in known else part
        for part in parts
    ]
    return "; ".join(names)


@register.simple_tag(takes_context=True)
def can(context: dict[str, Any], permission: str, organisation: Any = None) -> bool:
    """Whether the reader may do `permission` to `organisation`."""
    return permitted(context["request"].user, permission, organisation)


@register.simple_tag(takes_context=True)
def query_with(context: dict[str, Any], **changes: Any) -> str:
    """The page's query string with some parameters changed (None removes one)."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag
def verdict_word(verdict: str) -> str:
    """The verdict in one word, in the reader's language."""
    return gettext(Verdict(str(verdict)).label)


@register.simple_tag
def verdict_sign(verdict: str, basis: str) -> SafeString:
    """A verdict and its basis in a small cell: a sign for the eye, both in words for everybody else."""
    return _sign(str(verdict), str(basis), get_language() or "vi")


@lru_cache(maxsize=256)
def _sign(verdict: str, basis: str, language: str) -> SafeString:
    letter = {"measured": "●", "reported": "◐", "attested": "○"}[basis]
    word = f"{gettext(Verdict(verdict).label)}, {gettext(Basis(basis).label)}"
    return format_html('{}{}<span class="visually-hidden">{}</span>', icon(_VERDICTS[verdict][1]), letter, word)


@register.filter
def probe_kind(kind: str) -> str:
    """A probe's channel in words."""
    others = {"desk": gettext("at the desk"), "peer": gettext("its own Vigil")}
    return others.get(kind) or str(dict(ChannelKind.choices).get(kind, kind))


@register.filter
def answered_how(by: str) -> str:
    """How a probe was answered: by the link, by a code, or by a person, who is named."""
    return {"link": gettext("link"), "code": gettext("code")}.get(by, by)


@register.filter
def shift_name(name: str) -> str:
    """A shift's name; those of the known patterns in the reader's language."""
    return gettext(SHIFT_WORDS[name]) if name in SHIFT_WORDS else name


@register.filter
def kind_word(kind: str) -> str:
    """On site, on call, backup."""
    return str(dict(Kind.choices).get(kind, kind))


@register.filter
def function_word(function: str) -> str:
    """One of the four functions."""
    return str(dict(Function.choices).get(function, function))
