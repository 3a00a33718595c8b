"""Who forgot to hand over finds the list again behind their link, after their shift."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from tests.duty import LEAD, NOW, at
from tests.web.duty.conftest import duty_room

from vigil.domain.duty.actions.keys import make_key
from vigil.domain.duty.models import HandOver, KeyUse
from vigil.kernel import clock

pytestmark = pytest.mark.django_db


def test_a_shift_that_is_over_can_still_be_handed_over_and_then_no_more() -> None:
    room = duty_room("Tổ Ký Muộn")
    row = next(one for one in room.rows() if one.ends_at == at(30, 14))
    _, token = make_key(organisation=room.organisation, person=row.person, use=KeyUse.SHIFTS, actor=LEAD, now=NOW)
    mine, sign = reverse("shift_duty", args=[token]), reverse("shift_handover", args=[token, row.shift_id])
    anyone = Client()

    def opened(hour: int) -> str:
        with clock.frozen_at(at(30, hour, 20)):
            return anyone.get(mine).content.decode()

    assert "chưa ai bàn giao" not in opened(13)
    assert "chưa ai bàn giao" in opened(14)
    assert sign in opened(14)
    with clock.frozen_at(at(30, 14, 20)):
        assert anyone.get(sign).status_code == 200
        shown = anyone.get(sign).content.decode()
        assert "chưa ai bàn giao" not in shown, "this hand-over is no item of its own list"
        digest = re.search(r'name="digest" value="(\w+)"', shown).group(1)
        assert anyone.post(sign, {"digest": digest}).status_code == 302
    assert HandOver.objects.get().out_by == row.person
    assert "chưa ai bàn giao" not in opened(14)
