"""The công văn by which an organisation asks a provider to commit people and answer for the watch."""

from datetime import datetime

from vigil.adapters.documents.writing import DocumentKind, Item, Level, OfficialDocument
from vigil.domain.directives.models import ObligationKind, Watch
from vigil.domain.flows.documents import parts
from vigil.domain.organisations.models import ProviderLink
from vigil.kernel.errors import NotFound
from vigil.kernel.phrases import N_


def request_to_provider(link: ProviderLink, watch: Watch, now: datetime) -> OfficialDocument:
    """A request to one provider over one watch.

    Raises: NotFound `documents.foreign_provider` when the provider serves another organisation.
    """
    if link.organisation_id != watch.organisation_id:
        raise NotFound("documents.foreign_provider", N_("This provider does not serve the organisation of the watch."))
    organisation = watch.organisation
    demands = (
        f"Bố trí nhân lực trực 24/7, sẵn sàng hỗ trợ, ứng cứu đối với {link.service}, {parts.window_words(watch)}.",
        "Cử đầu mối tiếp nhận yêu cầu hỗ trợ; gửi họ tên, số điện thoại của đầu mối và danh sách người trực theo ca.",
        "Thông báo ngay khi phát hiện dấu hiệu bất thường, sự cố hoặc thay đổi có thể ảnh hưởng đến dịch vụ.",
        f"Gửi cam kết bằng văn bản về {parts.bare(organisation.name)} trước ngày {parts.day(watch.first_day)}.",
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


def _quoted(watch: Watch) -> str:
    """The words of the demand that asks for the provider's commitment, where the directive has one."""
    asked = watch.directive.obligations.filter(kind=ObligationKind.PROVIDER_COMMITMENT).first()
    return f", trong đó yêu cầu: “{asked.text.rstrip(' .;')}”" if asked else ""


def _call(watch: Watch) -> tuple[str, ...]:
    rows = [row for row in parts.contacts_annex(watch.organisation).rows if row[2] != "—"]
    return (f"Đầu mối liên hệ của chúng tôi: {rows[0][0]}, {rows[0][2]}.",) if rows else ()
