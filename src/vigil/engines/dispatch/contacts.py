"""Contact cards: who, by which telephone, hotline and mail, and what each number is for."""

from __future__ import annotations

import re

from .obligations import starts_with_demand
from .reading import Contact, Maybe, Phone
from .tables import body_pattern
from .text import SourceText, key
from .values import Field, absent

_PHONE_RE = re.compile(
    r"(?<![\d/.\-+])(?:(?:\+|00)84[ .\-]?(?:\(0\))?|\(?0)\d(?:[ .\-()]{0,2}\d){7,9}(?![\d/])|"
    r"(?<![\d/.\-])1[89]00[ .\-]?\d{4}(?:\d{2})?(?!\d)|\(0\d{2,3}\)[ .\-]?\d(?:[ .\-]?\d){6,7}(?!\d)"
)
_MAIL_RE = re.compile(r"[a-z0-9][a-z0-9._%+\-]{0,60}@[a-z0-9](?:[a-z0-9\-]{0,60}\.)+[a-z]{2,12}(?![\w@])")
_MAIL_BREAK_RE = re.compile(r"[a-z0-9._%+\-]{2,60}\s?\(at\)\s?[a-z0-9.\-]{4,60}")
_LABEL_RE = re.compile(
    r"[,;:(]?\s*(?:qua\s+|theo\s+|bằng\s+|và\s+|hoặc\s+|gửi\s+)*(?:(?:số\s+)?(?:điện\s+thoại|đt|sđt|đtdđ|"
    r"di\s+động)(?:\s+(?:liên\s+hệ|cố\s+định|di\s+động|trực))*|tel|mobile|hotline|(?:số\s+)?đường\s+dây\s+nóng|"
    r"số\s+hotline|(?:địa\s+chỉ\s+)?(?:hộp\s+)?(?:e-?mail|thư\s+điện\s+tử|thư\s+công\s+vụ)|hòm\s+thư|fax|"
    r"địa\s+chỉ)(?!\w)"
)
_HOT_RE = re.compile(r"đường\s+dây\s+nóng|hotline|số\s+(?:điện\s+thoại\s+)?trực|trực\s+24")
_PURPOSE_RE = re.compile(r"(?:đường\s+dây\s+nóng|hotline)\s+(?P<purpose>[^\d:;(]{3,80}?)\s*(?:\(|:|là|qua|số)?\s*$")
_PHONE_PURPOSE_RE = re.compile(
    r"(?:điện\s+thoại|số)\s+(?P<purpose>(?:hỗ\s+trợ|tiếp\s+nhận|ứng\s+cứu|trực)[^\d:;(]{3,80}?)\s*:?\s*$"
)
_FAX_RE = re.compile(r"(?:fax|số\s+fax)\s*[:.]?\s*$")
_CUE_RE = re.compile(
    r"(?:liên\s+hệ\s*(?:trực\s+tiếp\s+|ngay\s+)?(?:với|tới|đến|về|qua|theo)?\s*:?|"
    r"thông\s+qua(?:\s+(?:các\s+)?đầu\s+mối)?\s*:?|đầu\s+mối(?:\s[^,;.:\n]{0,80})?(?::|\s+là)|"
    r"(?:báo\s+cáo|thông\s+báo|gửi|thông\s+tin|báo)\s+(?:(?:ngay|kết\s+quả|danh\s+sách|thông\s+tin|tình\s+hình)\s+)?"
    r"(?:về|tới|đến|cho)|hỗ\s+trợ\s+(?:của|từ)|gọi(?:\s+(?:đến|tới))?|với)\s*:?\s*"
)
_SPLIT_RE = re.compile(r"\n\s*\n|\n[ \t|]*(?=(?:[-+*•●▪]|\d{1,2}[.)]|[a-zđ]\))\s)")
_PERSON_OR_UNIT_RE = re.compile(r"(?:phòng|trung tâm|sở|văn phòng|đồng chí|đ/c|ông|bà|ban|đội|tổ|bộ phận)\s")
_SENTENCE_RE = re.compile(r"(?<!\w)(?:yêu cầu|đề nghị|báo cáo|gửi|thực hiện|trường hợp|thông báo)(?!\w)")
_TRIM = " \t\n,;:.-+*•|()"


def find_contacts(text: SourceText, start: int, end: int) -> tuple[Contact, ...]:
    """Cards in the order of the text; numbers and mails of one paragraph or bullet belong together."""
    if not (_PHONE_RE.search(text.low, start, end) or _MAIL_RE.search(text.low, start, end)):
        return ()
    cards: list[Contact] = []
    for s, e in _segments(text, start, end):
        for a, b in _cards(text, s, e):
            card = _card(text, a, b)
            if card is not None:
                cards.append(card)
    return tuple(_merged(cards))


def _segments(text: SourceText, start: int, end: int) -> list[tuple[int, int]]:
    out, at = [], start
    for cut in _SPLIT_RE.finditer(text.match, start, end):
        out.append((at, cut.start()))
        at = cut.end()
    return [*out, (at, end)]


def _reaches(text: SourceText, s: int, e: int) -> bool:
    return _PHONE_RE.search(text.low, s, e) is not None or _MAIL_RE.search(text.low, s, e) is not None


def _cards(text: SourceText, s: int, e: int) -> list[tuple[int, int]]:
    """Several cards in one paragraph, split at ";", at a line or before " - " where each part has its own
    organisation."""
    if not _reaches(text, s, e):
        return []
    cuts = [s]
    for cut in re.compile(r";\s+|\n[ \t]*|\.\s+(?=[A-ZĐ])|\s-\s(?=[A-ZĐ])").finditer(text.match, s, e):
        rest = text.match[cut.end() : cut.end() + 1]
        label = _LABEL_RE.match(text.low, cut.end(), e)
        if rest.isupper() and label is None and _reaches(text, cuts[-1], cut.start()) and _reaches(text, cut.end(), e):
            cuts.append(cut.end())
    return list(zip(cuts, [*cuts[1:], e], strict=True))


def _card(text: SourceText, s: int, e: int) -> Contact | None:
    phones: list[Phone] = []
    hot: list[Phone] = []
    first: int | None = None
    previous = s
    for match in _PHONE_RE.finditer(text.low, s, e):
        before = (max(previous, match.start() - 90), match.start())
        if _FAX_RE.search(text.low[before[0] : before[1]]):
            previous = match.end()
            continue
        is_hot = _HOT_RE.search(text.low, *before) is not None
        phone = Phone(_number(text, match), e164(match.group()), _purpose(text, before))
        (hot if is_hot else phones).append(phone)
        first = match.start() if first is None else first
        previous = match.end()
    mails = [text.field(*m.span()) for m in _MAIL_RE.finditer(text.low, s, e)]
    mail = _MAIL_RE.search(text.low, s, e)
    if mail is not None:
        first = mail.start() if first is None else min(first, mail.start())
    if first is None:
        return None
    return Contact(_org(text, s, first), tuple(phones), tuple(hot), tuple(_once(mails)))


def _once(fields: list[Field[str]]) -> list[Field[str]]:
    return list({f.value.lower(): f for f in reversed(fields)}.values())[::-1]


def _number(text: SourceText, match: re.Match[str]) -> Field[str]:
    s, e = match.span()
    while text.match[e - 1] in " .-()":
        e -= 1
    return text.field(s, e)


def e164(number: str) -> str | None:
    """The number as it is dialled from anywhere, or None if it cannot be one. Source: ITU-T E.164."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, "VN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _purpose(text: SourceText, before: tuple[int, int]) -> Field[str] | None:
    for pattern in (_PURPOSE_RE, _PHONE_PURPOSE_RE):
        match = pattern.search(text.low, *before)
        if match:
            return text.field(*match.span("purpose"))
    return None


def _org(text: SourceText, s: int, first: int) -> Maybe:
    """The words before the label of the first number, after what only leads to them ("liên hệ với")."""
    begin = max(s, first - 400)
    e = _label_start(text, begin, first)
    for cue in _CUE_RE.finditer(text.low, begin, e):
        if text.match[cue.end() : e].strip(_TRIM)[:1].isupper():
            begin = cue.end()
    for stop in re.compile(r"[.;]\s+(?=[A-ZĐ])|\n\s*\n").finditer(text.match, begin, e):
        begin = stop.end()
    inside = re.compile(r"\((?:qua|thông qua)\s+").search(text.low, begin, e)
    if inside and ")" not in text.match[inside.end() : e]:
        begin = inside.end()
    address = re.compile(r",?\s*\(?địa\s+chỉ(?!\s+(?:e-?mail|thư))").search(text.low, begin, e)
    e = address.start() if address else e
    while begin < e and text.match[begin] in _TRIM:
        begin += 1
    while e > begin and text.match[e - 1] in _TRIM.replace(")", ""):
        e -= 1
    marker = re.compile(r"(?:\d{1,2}[.)]|[a-zđ]\))\s*").match(text.match, begin, e)
    begin = marker.end() if marker else begin
    return _named_org(text, begin, e)


def _label_start(text: SourceText, begin: int, first: int) -> int:
    """Where the label of the first number begins: from it to the number there is no punctuation."""
    for match in _LABEL_RE.finditer(text.low, begin, first):
        if not re.search(r"[,;.]", text.match[match.end() : first]):
            return match.start()
    return first


def _named_org(text: SourceText, begin: int, e: int) -> Maybe:
    """A name; where a whole sentence stands, the last body that it names; never the time by which it waits."""
    value = text.words(begin, e)
    if not any(c.isalpha() for c in value):
        return absent()
    named_first = value[:1].isupper() or _PERSON_OR_UNIT_RE.match(value) is not None
    low = key(value)
    if len(value) > 160 or not named_first or _SENTENCE_RE.search(low) or starts_with_demand(low):
        named = list(body_pattern().finditer(text.low, begin, e))
        return text.field(*named[-1].span()) if named else absent()
    by = re.compile(r"\s+(?:trước|chậm nhất|muộn nhất|hạn cuối)\s").search(text.low, begin, e)
    return text.field(begin, by.start() if by else e)


def _merged(cards: list[Contact]) -> list[Contact]:
    """A line that has numbers only goes on the card above it; the same organisation is one card."""
    out: list[Contact] = []
    for card in cards:
        same = next(
            (i for i, o in enumerate(out) if card.org.value is not None and o.org.value == card.org.value), None
        )
        if same is None and card.org.value is None and out:
            same = len(out) - 1
        if same is None:
            out.append(card)
        else:
            old = out[same]
            out[same] = Contact(
                old.org,
                _new(old.phone, card.phone),
                _new(old.hotline, card.hotline),
                tuple(_once([*old.email, *card.email])),
            )
    return out


def _new(old: tuple[Phone, ...], more: tuple[Phone, ...]) -> tuple[Phone, ...]:
    known = {p.number.value for p in old}
    return (*old, *(p for p in more if p.number.value not in known))
