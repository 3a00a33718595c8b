"""The decree's words around a document's own: number line, date line, lists with their stops, marks.

Both writers set these lines; neither invents any. Source: NĐ 30/2020/NĐ-CP phụ lục I mục II.
"""

from dataclasses import dataclass

from vigil.adapters.documents.writing.official import Annex, Line, OfficialDocument, lines_of, one_line

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
TO = "Kính gửi:"
RECIPIENTS = "Nơi nhận:"
EXERCISE = "DIỄN TẬP / EXERCISE"
BLANK = "\u00a0"  # an ordinary run of spaces would be shrunk to one
_ROMANS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


@dataclass(frozen=True, slots=True)
class Form:
    """Every line of the page, in order and complete; what is empty is not set."""

    parent: str
    issuer: str
    number: str
    about: str  # "V/v ..." of a công văn
    urgency: str
    place_and_date: str
    type_name: str
    title: str
    to: tuple[str, ...]  # one line, or "Kính gửi:" and a line for each
    grounds: tuple[str, ...]
    lead: tuple[str, ...]
    lines: tuple[Line, ...]
    closing: tuple[str, ...]
    recipients: tuple[str, ...]
    authority: str
    signs_as: str
    name: str
    annexes: tuple[tuple[str, Annex], ...]
    exercise: bool


def form_of(document: OfficialDocument) -> Form:
    """Lay out the words of a document; the end mark "./." closes whatever stands last in the body."""
    about = one_line(document.subject)
    named = document.kind.type_name
    lines, lead = list(lines_of(document.items)), [one_line(text) for text in document.lead]
    closing = [one_line(text) for text in document.closing]
    if closing:
        closing[-1] = _ended(closing[-1])
    elif lines:
        last = lines[-1]
        lines[-1] = Line(last.depth, last.level, last.label, _ended(last.text), last.bold)
    elif lead:
        lead[-1] = _ended(lead[-1])
    return Form(
        parent=one_line(document.issuer_parent).upper(),
        issuer=one_line(document.issuer).upper(),
        number=_number(document),
        about="" if named else f"V/v {about}",
        urgency=document.urgency.value if document.urgency else "",
        place_and_date=_place_and_date(document),
        type_name=named,
        title=about[:1].upper() + about[1:] if named else "",
        to=_to(document.addressees),
        grounds=_listed(document.grounds, lead=""),
        lead=tuple(lead),
        lines=tuple(lines),
        closing=tuple(closing),
        recipients=_listed(_recipients(document), lead="- "),
        authority=one_line(document.signatory.authority).upper(),
        signs_as=one_line(document.signatory.title).upper(),
        name=one_line(document.signatory.name),
        annexes=_annexes(document.annexes),
        exercise=document.exercise,
    )


def _ended(text: str) -> str:
    return f"{text.rstrip(' .;:,')}./."


def _number(document: OfficialDocument) -> str:
    serial = document.number or ""
    if serial.isdigit() and int(serial) < 10:
        serial = f"{int(serial):02d}"
    return f"Số: {serial or BLANK * 8}/{one_line(document.symbol)}"


def _place_and_date(document: OfficialDocument) -> str:
    """Days under 10 and months under 3 get a nought, so that nobody can add a figure."""
    day = document.issued_on
    place = one_line(document.place)
    if day is None:
        when = f"ngày{BLANK * 6}tháng{BLANK * 6}năm {document.year}"
    else:
        month = f"{day.month:02d}" if day.month < 3 else f"{day.month}"
        when = f"ngày {day.day:02d} tháng {month} năm {day.year}"
    return f"{place}, {when}" if place else when


def _to(addressees: tuple[str, ...]) -> tuple[str, ...]:
    names = [one_line(name) for name in addressees]
    if not names:
        return ()
    if len(names) == 1:
        return (f"{TO} {names[0]}.",)
    return (TO, *_listed(tuple(names), lead="- "))


def _listed(texts: tuple[str, ...], lead: str) -> tuple[str, ...]:
    """Each on its line, ended by ";", the last by "."."""
    words = [one_line(text).rstrip(" ;.") for text in texts]
    return tuple(f"{lead}{w}{'.' if n == len(words) else ';'}" for n, w in enumerate(words, start=1))


def _recipients(document: OfficialDocument) -> tuple[str, ...]:
    above = ("Như trên",) if document.addressees else ()
    filed = f"Lưu: VT, {one_line(document.filing)}" if document.filing else "Lưu: VT"
    return (*above, *document.recipients, filed)


def _annexes(annexes: tuple[Annex, ...]) -> tuple[tuple[str, Annex], ...]:
    if len(annexes) == 1:
        return (("PHỤ LỤC", annexes[0]),)
    return tuple((f"PHỤ LỤC {_ROMANS[n]}", annex) for n, annex in enumerate(annexes[: len(_ROMANS)]))
