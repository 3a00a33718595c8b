"""From items to obligations: which leaves ask for something, of whom, and what sort of work each is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .audiences import Mention, heading_mention, missing_from, subject_mention
from .items import Item, Tree, words_of
from .reading import Obligation
from .tables import duties, phrases
from .text import SourceText, key
from .values import Field, How

_CUT_MARK_RE = re.compile(r"\[[^\[\]]*\]\s*$")
_ASKS_RE = re.compile(
    r"(?<!\w)(?:đề nghị|yêu cầu|giao|chỉ đạo|khuyến nghị|khuyến cáo|chỉ thị|thực hiện|triển khai|tập trung|như "
    r"sau|cụ thể|nhiệm vụ|quyết định|biện pháp|nội dung|thống nhất)(?!\w)"
)
_GOALS_RE = re.compile(
    r"(?:mục đích|mục tiêu|yêu cầu\s*$|quan điểm|căn cứ|cơ sở pháp lý|phạm vi|đối tượng|thực trạng|tình hình|"
    r"đánh giá|kết quả|kinh phí|nguồn lực tài chính|thời gian|địa điểm|nguyên tắc|khái quát|bối cảnh|tồn tại|"
    r"kiến nghị|thành phần|thông tin (?:lỗ hổng|chung|chi tiết|về)|mô tả|"
    r"tài liệu tham khảo|nguồn tham khảo|phụ lục|danh sách|giới thiệu|tổng quan|nhận định|dự báo|hình thức)"
)
_PAST_RE = re.compile(
    r"(?<!\w)(?:đã|vừa|được|(?<!thiết )bị|cho phép|là một|tồn tại|có thể bị|ghi nhận|nhằm vào|đang)(?!\w)"
)
_CONDITION_RE = re.compile(
    r"(?:trong\s+)?(?:trường hợp|trước (?:ngày|\d)|chậm nhất|định kỳ|hằng|hàng|khi|nếu|để|bên cạnh đó|ngoài ra|"
    r"đồng thời|cùng với đó|"
    r"đặc biệt|sau khi|nhằm|"
    r"thứ (?:nhất|hai|ba|tư|năm)|một là|hai là|ba là|bốn là)(?!\w)[^,.:]{0,200}[,:]\s*"
)
_NO_DEMANDS = ("report",)


@dataclass(frozen=True, slots=True)
class Context:
    """What an item must know of its document."""

    kind: str
    addressees: tuple[Field[str], ...]
    cut: tuple[int, int] | None
    lead_asks: bool


def obligations_of(
    text: SourceText, tree: Tree, kind: str, addressees: tuple[Field[str], ...], cut: tuple[int, int] | None
) -> tuple[Obligation, ...]:
    """The leaf demands of a tree, in the order of the text."""
    if kind in _NO_DEMANDS:
        return ()
    asks = kind in ("plan", "directive") or (
        kind != "decision" and _ASKS_RE.search(text.low, *_tail(tree.lead)) is not None
    )
    context = Context(kind, addressees, cut, asks)
    found: list[Obligation] = []
    for child in tree.root.children:
        _collect(text, child, context, None, found)
    return _unique_ids(found)


def _tail(lead: tuple[int, int]) -> tuple[int, int]:
    return max(lead[0], lead[1] - 1200), lead[1]


def _unique_ids(found: list[Obligation]) -> tuple[Obligation, ...]:
    seen: dict[str, int] = {}
    out = []
    for one in found:
        seen[one.id] = seen.get(one.id, 0) + 1
        again = seen[one.id]
        out.append(one if again == 1 else _renamed(one, f"{one.id}#{again}"))
    return tuple(out)


def _renamed(one: Obligation, new: str) -> Obligation:
    return Obligation(new, one.text, one.audience, one.kind, one.mention, one.not_addressed, one.truncated)


def _collect(text: SourceText, item: Item, context: Context, above: Mention | None, out: list[Obligation]) -> None:
    own = words_of(text, item)
    is_heading = _is_heading(item, own)
    title = text.match[item.start : item.end].strip().split("\n", 1)[0].strip()
    if (item.style == "roman" or is_heading) and _GOALS_RE.match(key(title)[:60]) and _heading_like(title):
        return
    parts = _parts(item, own, is_heading)
    if parts:
        mention = heading_mention(text, item.start, item.end) if is_heading else None
        for part in parts:
            _collect(text, part, context, mention or above, out)
        return
    one = _obligation(text, item, context, above)
    if one is not None:
        out.append(one)


def _heading_like(own: str) -> bool:
    return len(own) < 120 and not own.endswith(";") and (own.endswith(":") or not own.endswith("."))


def _is_heading(item: Item, own: str) -> bool:
    return bool(item.children) and (own.endswith(":") or item.style == "roman" or len(own) < 160)


def _parts(item: Item, own: str, is_heading: bool) -> list[Item]:
    """The items under this one that stand on their own; bullets do so only under a heading or a colon."""
    lettered = [c for c in item.children if c.style != "bullet"]
    bullets = [c for c in item.children if c.style == "bullet"]
    if lettered:
        return item.children if item.style == "roman" else lettered
    if bullets and (own.endswith(":") or item.style == "roman" or (len(own) < 120 and own[-1:] not in ".;,")):
        return bullets
    for bullet in bullets:  # details of one demand belong to its words
        item.spans.extend(bullet.spans)
    item.children = []
    return []


def _obligation(text: SourceText, item: Item, context: Context, above: Mention | None) -> Obligation | None:
    words = words_of(text, item)
    truncated = context.cut is not None and item.start <= context.cut[0] <= item.end
    if not worth_reading(words, truncated) or not _is_demand(text, item, context, words):
        return None
    return make_obligation(text, item.path(), item.spans, context.addressees, above, truncated)


def worth_reading(words: str, truncated: bool) -> bool:
    """Whether enough of a cut item is left to say what it asks."""
    if not truncated:
        return bool(words)
    rest = _CUT_MARK_RE.sub("", words)
    if rest and not rest.endswith(" "):
        rest = rest.rsplit(" ", 1)[0] if " " in rest else ""
    return len(rest.split()) >= 2


def _is_demand(text: SourceText, item: Item, context: Context, words: str) -> bool:
    low = key(words)
    if is_information(low) and not _modal(low):
        return False
    if starts_with_demand(low) and not _tells(low):
        return True
    if (rest := after_condition(low)) is not None and starts_with_demand(rest):
        return True
    if item.style == "bullet" and context.kind not in ("plan", "directive", "decision"):
        return _modal(low) and subject_mention(text, item.start, item.end) is not None
    return context.lead_asks and not _only_a_name(words)


def _only_a_name(words: str) -> bool:
    return len(words.split()) < 4


def starts_with_demand(low: str) -> bool:
    """Whether folded words begin with a verb that asks."""
    low = low.lstrip(" \"'-+*•")
    return any(low.startswith(d) and not low[len(d) : len(d) + 1].isalpha() for d in phrases("demands"))


def after_condition(low: str) -> str | None:
    """What follows "Trong trường hợp ..., ", "Trước ngày ..., "; None where no condition stands first."""
    condition = _CONDITION_RE.match(low)
    return low[condition.end() :] if condition else None


def is_information(low: str) -> bool:
    """Whether folded words begin as background does; a longer verb that asks wins ("theo dõi" over "theo")."""
    known = max((len(i) for i in phrases("information") if low.startswith(i)), default=0)
    return known > max((len(d) for d in phrases("demands") if low.startswith(d)), default=0)


def _tells(low: str) -> bool:
    """Whether the first words tell what has happened instead of asking."""
    return _PAST_RE.search(" ".join(low.split()[:5])) is not None


tells = _tells


def _modal(low: str) -> bool:
    head = " ".join(low.split()[:40])
    return any(re.search(rf"(?<!\w){re.escape(m)}(?!\w)", head) for m in phrases("modals"))


has_modal = _modal


def make_obligation(
    text: SourceText,
    label: str,
    spans: list[tuple[int, int]],
    addressees: tuple[Field[str], ...],
    above: Mention | None,
    truncated: bool,
    subject_at: int | None = None,
) -> Obligation:
    """An obligation from its spans: audience, kind, exact words."""
    words = " ".join(w for s, e in spans if (w := text.words(s, e)))
    begin = spans[0][0] if subject_at is None else subject_at
    mention = subject_mention(text, begin, spans[-1][1]) or above
    field = Field(words, "read", tuple(text.span(s, e) for s, e in spans))
    audience, named = _audience(text, mention)
    missing = missing_from(text, mention, addressees) if mention else ()
    return Obligation(label, field, audience, kind_of(words), named, missing, truncated)


def _audience(text: SourceText, mention: Mention | None) -> tuple[Field[str], Field[str] | None]:
    how: How = "inferred"
    if mention is None:
        return Field("all", how, (), "mọi nơi nhận thực hiện"), None
    named = text.field(mention.start, mention.end)
    named = Field(named.value.rstrip(" :"), named.how, named.spans)
    return Field(mention.label, "normalised", named.spans), named


def kind_of(words: str) -> str:
    """The sort of work, told by the words of the demand itself."""
    low = key(words)
    if re.match(r"đầu mối hỗ trợ|liên hệ|(?:trong )?trường hợp cần[^,.]{0,40}liên hệ", low):
        return "other"
    return next((kind for kind, signs in duties().items() if any(s in low for s in signs)), "other")
