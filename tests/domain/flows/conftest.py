"""An authority with a confirmed directive, and organisations of every home to send it to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from vigil.domain.directives.actions.campaigns import choose, draft_campaign, send_campaign
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.actions.review import confirm
from vigil.domain.directives.models import Campaign, Directive, Recipient
from vigil.domain.organisations.actions.contacts import ChannelEntry, file_contact_point
from vigil.domain.organisations.models import ContactPoint, Organisation
from vigil.kernel.actors import Actor

TEXT = """CỤC AN TOÀN MẪU
Số: {number}/CATM-GS
V/v trực lễ 30/4 và 01/5 năm 2022
Kính gửi:
- Các Bộ, cơ quan ngang Bộ;
- Các Tập đoàn, Công ty viễn thông;
- Các Ngân hàng thương mại.
Nhằm bảo đảm an toàn thông tin mạng trong dịp lễ, Cục An toàn Mẫu đề nghị các cơ quan, đơn vị thực hiện:
1. Phân công lực lượng trực giám sát 24/7 từ ngày 30/4/2022 đến hết ngày 03/5/2022.
2. Các doanh nghiệp viễn thông, doanh nghiệp cung cấp nền tảng chuyển đổi số triển khai biện pháp chặn lọc tấn công.
3. Cử đầu mối tiếp nhận thông tin trước ngày 01/5/2022.
Trân trọng./.
Nơi nhận:
- Như trên;
- Các Sở TT&TT các tỉnh;
- Lưu: VT, GS."""


@dataclass
class World:
    """Who sends, and to whom."""

    authority: Organisation
    ministry: Organisation
    isp: Organisation
    bank: Organisation
    quiet: Organisation


def filed(organisation: Organisation, address: str, actor: Actor, now: datetime) -> ContactPoint:
    point = ContactPoint(organisation=organisation, label=f"Trực {organisation.name}")
    channels = [ChannelEntry("email", address), ChannelEntry("mobile", "0912 000 111")]
    return file_contact_point(contact_point=point, channels=channels, actor=actor, now=now)


@pytest.fixture
def world(organisation_of: Callable[..., Organisation], lead: Actor, now: datetime) -> World:
    made = World(
        organisation_of("Cục An toàn Mẫu", "authority"),
        organisation_of("Bộ Mẫu", "ministry"),
        organisation_of("Viễn thông Mẫu", "isp", "soe"),
        organisation_of("Ngân hàng Mẫu", "bank"),
        organisation_of("Ngân hàng Lặng lẽ", "bank"),
    )
    for guest in (made.bank, made.quiet):
        Organisation.objects.filter(pk=guest.pk).update(home="guest")
        guest.refresh_from_db()
    filed(made.bank, "truc@nganhang.example", lead, now)
    return made


@pytest.fixture
def directive_of(originals: Path, lead: Actor, now: datetime) -> Callable[..., Directive]:
    def make(organisation: Organisation, number: int = 7, text: str = TEXT) -> Directive:
        draft = receive_dispatch(
            data=text.format(number=number).encode(),
            filename="cv.txt",
            organisation=organisation,
            originals=originals,
            actor=lead,
            now=now,
        )
        return confirm(directive=draft, version=draft.version, actor=lead, now=now)

    return make


@pytest.fixture
def in_force(
    world: World, directive_of: Callable[..., Directive], lead: Actor, now: datetime
) -> Callable[..., Campaign]:
    def make(**changes: object) -> Campaign:
        campaign = draft_campaign(directive=directive_of(world.authority), actor=lead, now=now)
        wanted = {
            "audiences": campaign.audiences,
            "picked": (),
            "answer_by_at": None,
            "exercise": False,
            "rules": None,
        } | changes
        choose(campaign=campaign, **wanted, actor=lead, now=now)  # type: ignore[arg-type]
        return send_campaign(campaign=campaign, actor=lead, now=now)

    return make


def of(campaign: Campaign, organisation: Organisation) -> Recipient:
    return Recipient.objects.select_related("campaign", "organisation", "watch").get(
        campaign=campaign, organisation=organisation
    )
