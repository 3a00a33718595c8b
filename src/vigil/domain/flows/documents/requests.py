"""The công văn by which an organisation asks a provider to commit people and answer for the watch."""

import re
from datetime import datetime
from typing import Final

from vigil.adapters.documents.writing import DocumentKind, Item, Level, OfficialDocument
from vigil.domain.directives.models import ObligationKind, Watch
from vigil.domain.duty.models import ProviderRequest
from vigil.domain.flows.documents import parts
from vigil.domain.flows.documents.duty import function_words
from vigil.domain.organisations.models import ProviderLink
from vigil.kernel.errors import NotFound
from vigil.kernel.phrases import N_

_MOST_LINES: Final = 30
_LABEL_RE: Final = re.compile(r"^\s*(?:[-+*•–]|\d{1,2}[.)]|[a-zđ]\))\s+")


def request_to_provider(link: ProviderLink, watch: Watch, now: datetime) -> OfficialDocument:
    """A request to one provider over one watch; what was drafted for them (`duty`) says what is asked and until when.

    Raises: NotFound `documents.foreign_provider` when the provider serves another organisation.
    """
    if link.organisation_id != watch.organisation_id:
        raise NotFound("documents.foreign_provider", N_("This provider does not serve the organisation of the watch."))
    organisation = watch.organisation
    drafted = ProviderRequest.objects.filter(watch=watch, provider=link.provider_id).first()
    functions = function_words(drafted.functions) if drafted else "hỗ trợ, ứng cứu"
    answer_by = parts.due_words(drafted.answer_by_at if drafted else None, f"trước ngày {parts.day(watch.first_day)}")
    demands = (
        f"Bố trí nhân lực trực 24/7, sẵn sàng {functions} đối với {link.service}, {parts.window_words(watch)}.",
        *(_asked(drafted) if drafted else ()),
        "Cử đầu mối tiếp nhận yêu cầu hỗ trợ; gửi họ tên, số điện thoại của đầu mối và danh sách người trực theo ca.",
        "Thông báo ngay khi phát hiện dấu hiệu bất thường, sự cố hoặc thay đổi có thể ảnh hưởng đến dịch vụ.",
        f"Gửi cam kết bằng văn bản về {parts.bare(organisation.name)} "
        f"{answer_by if answer_by.startswith('trước') else f'trước {answer_by}'}.",
    )
    return OfficialDocument(
        kind=DocumentKind.DISPATCH,
        symbol=parts.abbreviation(organisation),
        subject=f"cam kết nhân lực hỗ trợ {parts.occasion(watch)}",
        addressees=(parts.bare(link.provider.name),),
        lead=(
            f"Thực hiện {parts.cited(watch.directive)}{_quoted(watch)}, "
            f"{parts.bare(organisation.name)} đề nghị quý đơn vị thực hiện các nội dung sau:",
        ),
        items=tuple(Item(Level.CLAUSE, words) for words in demands),
        closing=(*_call(watch), "Trân trọng cảm ơn sự phối hợp của quý đơn vị."),
        exercise=parts.is_exercise(watch.directive),
        **parts.letterhead_of(organisation, now),
    )


def _asked(drafted: ProviderRequest) -> list[str]:
    """What the draft asks, a clause a line, without the numbers that the letter gives anew."""
    lines = [_LABEL_RE.sub("", line).strip().rstrip(" .;") for line in drafted.asked.splitlines()]
    told = [line for line in lines if line]
    if len(told) > _MOST_LINES:
        told = [*told[: _MOST_LINES - 1], " ".join(told[_MOST_LINES - 1 :])]
    return [f"{line}." for line in told]


def _quoted(watch: Watch) -> str:
    """The words of the demand that asks for the provider's commitment, where the directive has one."""
    asked = watch.directive.obligations.filter(kind=ObligationKind.PROVIDER_COMMITMENT).first()
    return f", trong đó yêu cầu: “{asked.text.rstrip(' .;')}”" if asked else ""


def _call(watch: Watch) -> tuple[str, ...]:
    rows = [row for row in parts.contacts_annex(watch.organisation).rows if row[2] != "—"]
    return (f"Đầu mối liên hệ của chúng tôi: {rows[0][0]}, {rows[0][2]}.",) if rows else ()
