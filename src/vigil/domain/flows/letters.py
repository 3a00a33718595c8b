"""The letters that a campaign sends by mail, Vietnamese first. They hold no more than is needed to come and look."""

from datetime import datetime

from vigil.domain.directives.models import Campaign, CampaignState, Recipient, RecipientRole
from vigil.kernel.clock import VIETNAM

EXERCISE = "[DIỄN TẬP / EXERCISE] "


def titled(campaign: Campaign, vi: str, en: str) -> str:
    """A subject line, marked when it is an exercise."""
    return f"{EXERCISE if campaign.exercise else ''}[Vigil] {vi} / {en}"[:300]


def sending(campaign: Campaign, recipient: Recipient, link: str, expires_at: datetime | None, version: int) -> str:
    """The directive is here: where it can be read and answered."""
    amended = version > 1
    vi = [_exercise(campaign)[0], f"Kính gửi: {recipient.organisation.name}", ""]
    en = [_exercise(campaign)[1], f"To: {recipient.organisation.name}", ""]
    number = campaign.directive.number or "(chưa có số / unnumbered)"
    head = "gửi văn bản sửa đổi, bổ sung" if amended else "gửi văn bản"
    vi.append(f"{campaign.sender_name} {head} {number}: {campaign.directive.subject}")
    en.append(f"{campaign.sender_name} sends {'an amended' if amended else 'a'} directive {number}: {campaign.title}")
    if recipient.role == RecipientRole.TASK:
        vi.append("Đề nghị mở liên kết sau để xác nhận đã đọc, cử đầu mối và trả lời từng nhiệm vụ:")
        en.append("Open the link above to confirm reading, name your contact point and answer each obligation.")
    else:
        vi.append("Văn bản gửi để biết. Đề nghị mở liên kết sau để xác nhận đã đọc:")
        en.append("This is a copy to know of. Open the link above to confirm that you have read it.")
    vi.append(link)
    if campaign.answer_by_at is not None and recipient.role == RecipientRole.TASK:
        vi.append(f"Hạn trả lời: {_when(campaign.answer_by_at)}.")
        en.append(f"Answer by {_when(campaign.answer_by_at)}.")
    if expires_at is not None:
        vi.append(
            f"Liên kết chỉ dành cho đơn vị nhận, có hiệu lực đến {_when(expires_at)}. Xin không chuyển tiếp: "
            "người mở sẽ phải nhập mã gửi đến hộp thư này."
        )
        en.append(
            f"The link is for the addressee alone and valid until {_when(expires_at)}. Do not forward it: "
            "whoever opens it is asked for a code that is sent to this mailbox."
        )
    return _both(vi, en)


def reminding(campaign: Campaign, recipient: Recipient, link: str, missing_vi: str, missing_en: str) -> str:
    """Something is still missing."""
    number = campaign.directive.number
    vi = [_exercise(campaign)[0], f"Kính gửi: {recipient.organisation.name}", ""]
    en = [_exercise(campaign)[1], f"To: {recipient.organisation.name}", ""]
    vi += [f"{campaign.sender_name} nhắc về văn bản {number} {campaign.directive.subject}: {missing_vi}.", link]
    en += [f"{campaign.sender_name} reminds you of directive {number}: {missing_en}.", "Please open the link above."]
    if campaign.answer_by_at is not None:
        vi.append(f"Hạn trả lời: {_when(campaign.answer_by_at)}.")
        en.append(f"Answer by {_when(campaign.answer_by_at)}.")
    return _both(vi, en)


def ending(campaign: Campaign, recipient: Recipient) -> str:
    """The directive was withdrawn, or the campaign is closed."""
    number = campaign.directive.number
    vi = [_exercise(campaign)[0], f"Kính gửi: {recipient.organisation.name}", ""]
    en = [_exercise(campaign)[1], f"To: {recipient.organisation.name}", ""]
    if campaign.state == CampaignState.WITHDRAWN:
        vi.append(f"{campaign.sender_name} đã thu hồi văn bản {number}: {campaign.directive.subject}.")
        vi.append(f"Lý do: {campaign.closing_note}")
        en.append(f"{campaign.sender_name} has withdrawn directive {number}. Reason: {campaign.closing_note}")
        vi.append("Những gì đã trả lời và chứng minh vẫn được giữ.")
        en.append("What was answered and proven is kept.")
    else:
        vi.append(f"{campaign.sender_name} đã kết thúc đợt trực theo văn bản {number}: {campaign.directive.subject}.")
        en.append(f"{campaign.sender_name} has closed the watch under directive {number}. Thank you.")
    return _both(vi, en)


def _exercise(campaign: Campaign) -> tuple[str, str]:
    if not campaign.exercise:
        return "", ""
    return "ĐÂY LÀ DIỄN TẬP.\n", "THIS IS AN EXERCISE.\n"


def _both(vi: list[str], en: list[str]) -> str:
    return "\n".join(vi).lstrip("\n") + "\n\n--\n\n" + "\n".join(en).lstrip("\n") + "\n"


def _when(instant: datetime) -> str:
    return f"{instant.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
