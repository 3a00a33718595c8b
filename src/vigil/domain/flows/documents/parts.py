"""What the documents of one organisation share: symbol, place, days, how a directive is cited, who answers."""

import re
import unicodedata
from datetime import date, datetime, time
from typing import Any

from vigil.adapters.documents.writing import Annex
from vigil.domain.directives.models import Assignment, Directive, Obligation, Watch
from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.organisations.queries import contact_points_filed
from vigil.kernel.clock import VIETNAM

_KIND_WORDS = {
    "dispatch": "Công văn",
    "directive": "Chỉ thị",
    "plan": "Kế hoạch",
    "report": "Báo cáo",
    "notice": "Thông báo",
    "decision": "Quyết định",
    "submission": "Tờ trình",
    "guidance": "Hướng dẫn",
}


def abbreviation(organisation: Organisation) -> str:
    """The organisation's group in a symbol: its short name, else the first letters of its name's words."""
    short = re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", organisation.short_name)).upper()
    if 2 <= len(short) <= 12:
        return short
    words = re.findall(r"[^\W\d_]+", re.sub(r"\(.*?\)", "", organisation.name))
    return "".join(word[0] for word in words).upper()[:10] or "VIGIL"


def place_of(organisation: Organisation) -> str:
    """The last part of the address, where the documents are signed; empty when no address is known."""
    last = organisation.address.rsplit(",", 1)[-1].strip(" .")
    return re.sub(r"^(?:tỉnh|thành phố|tp\.?)\s+", "", last, flags=re.IGNORECASE)


def letterhead_of(organisation: Organisation, now: datetime) -> dict[str, Any]:
    """Issuer, parent, place and year; number and date stay blank for the clerk."""
    return {
        "issuer": bare(organisation.name),
        "issuer_parent": bare(organisation.parent.name) if organisation.parent else "",
        "place": place_of(organisation),
        "year": now.astimezone(VIETNAM).year,
    }


def bare(name: str) -> str:
    """A name without a remark in brackets at its end."""
    return re.sub(r"\s*\([^)]*\)\s*$", "", name)


def cited(directive: Directive) -> str:
    """ "Công văn số 12/BM-TT ngày 26/4/2022 của Bộ Mẫu về việc ..."; a missing number is said to be missing."""
    words = [_KIND_WORDS.get(directive.kind, "Văn bản")]
    words.append(f"số {directive.number}" if directive.is_numbered else "(chưa có số)")
    if directive.issued_on:
        words.append(f"ngày {day(directive.issued_on)}")
    if directive.issuer:
        words.append(f"của {directive.issuer}")
    if directive.subject:
        words.append(f"về việc {directive.subject}")
    return " ".join(words)


def day(value: date) -> str:
    """As a sentence has it."""
    return f"{value:%d/%m/%Y}"


def instant(value: datetime | None) -> str:
    """As a sentence has it, in Viet Nam; a dash for none."""
    return f"{value.astimezone(VIETNAM):%H:%M %d/%m/%Y}" if value else "—"


def window_words(watch: Watch) -> str:
    """ "từ 00:00 ngày 30/04/2022 đến 24:00 ngày 03/05/2022"."""
    return f"từ 00:00 ngày {day(watch.first_day)} đến 24:00 ngày {day(watch.last_day)}"


def occasion(watch: Watch) -> str:
    """What is done, in small letters, as part of a sentence or a title: "trực bảo đảm an toàn thông tin mạng ..."."""
    title = watch.title.rstrip(" .")
    low = title[:1].lower() + title[1:]
    if low.startswith(("trực", "bảo đảm", "đảm bảo")):
        return low
    return f"trực bảo đảm an toàn thông tin mạng {'trong ' if low.startswith('dịp') else ''}{low}".rstrip()


def is_exercise(directive: Directive) -> bool:
    """Whether the dispatch itself bears the mark of an exercise, or it was sent as one."""
    marked = bool(directive.dispatch.reading.get("readings", {}).get("exercise"))
    return marked or directive.campaigns.filter(exercise=True).exists()


def due(assignment: Assignment) -> datetime | None:
    """The earlier of the directive's deadline and our own."""
    known = [at for at in (assignment.own_deadline_at, assignment.obligation.deadline_at) if at is not None]
    return min(known, default=None)


def due_words(at: datetime | None, otherwise: str) -> str:
    """A midnight is the end of the day before: "trước ngày ..."."""
    if at is None:
        return otherwise
    here = at.astimezone(VIETNAM)
    return f"trước ngày {day(here)}" if here.time() == time.min else instant(at)


def item_words(obligation: Obligation) -> str:
    """The item as the document numbers it; the scope that Vigil makes explicit has no number there."""
    return "phạm vi áp dụng" if obligation.derived else f"mục {obligation.code}"


def person_words(person: Person) -> str:
    """Name and title."""
    return f"{person.name}, {person.title}" if person.title else person.name


def contacts_annex(organisation: Organisation) -> Annex:
    """The contact points in force; an organisation without one says so."""
    rows = []
    for point in contact_points_filed(organisation.pk).select_related("person").order_by("label"):
        numbers = "; ".join(channel.value for channel in point.channels.all())
        tested = instant(point.verified_at) if point.verified_at else "chưa kiểm tra"
        rows.append((point.label, point.person.name if point.person else "—", numbers or "—", tested))
    return Annex(
        "Đầu mối liên hệ",
        ("Đầu mối", "Người phụ trách", "Liên lạc", "Liên lạc được, lần cuối"),
        tuple(rows) or (("Chưa có đầu mối nào được đăng ký", "—", "—", "—"),),
    )
