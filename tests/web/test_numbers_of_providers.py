"""The numbers of a provider's people are for those who may read people."""

import pytest
from django.urls import reverse
from tests.duty import LEAD, NOW, at, new_world, organisation_named
from tests.web.rooms import client_of

from vigil.domain.accounts.models import Role
from vigil.domain.duty.actions.providers import Promise, ask, record_answer

pytestmark = pytest.mark.django_db


def test_a_viewer_sees_who_was_promised_and_not_how_to_reach_them() -> None:
    world = new_world()
    request = ask(
        watch=world.watch, provider=organisation_named("Công ty Dịch vụ"), functions=["response"], asked="x",
        answer_by_at=None, actor=LEAD, now=NOW,
    )  # fmt: skip
    promise = Promise("Vũ Chuyên Gia", "0912000099", "", "on_call", at(30, 0), at(2, 0))
    record_answer(request=request, by="Giám đốc", answer="", promises=[promise], actor=LEAD, now=NOW)
    for role, told in ((Role.VIEWER, False), (Role.WATCH_LEAD, True)):
        page = client_of(world.organisation, role).get(reverse("providers", args=[world.watch.pk])).content.decode()
        assert "Vũ Chuyên Gia" in page
        assert ("0912000099" in page) is told
