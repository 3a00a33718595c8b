"""How a large campaign stands is counted now and then and shown with its time; a small one is counted at every look."""

from datetime import timedelta

import pytest
from tests.web.campaigns.test_pages import organisation, sent
from tests.web.rooms import ACTOR

from vigil.domain.readiness import campaigns
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.models import ProofSnapshot, Standing
from vigil.domain.readiness.provers import provers_by_kind
from vigil.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(settings, tmp_path):
    settings.VIGIL_ORIGINALS = tmp_path / "originals"
    settings.VIGIL_ORIGINALS.mkdir()
    authority = organisation("Cục Ta", classes=("authority",))
    made = sent(authority, settings.VIGIL_ORIGINALS, [organisation(f"Ngân hàng {n}") for n in range(3)])
    for recipient in made.recipients.select_related("watch__organisation"):
        prove_watch(watch=recipient.watch, provers=provers_by_kind(), actor=ACTOR, now=clock.now())
    return made


def test_a_small_campaign_is_counted_at_every_look(campaign) -> None:
    now = clock.now()
    assert campaigns.keep_standing(campaign, now) == 0
    assert not Standing.objects.exists()
    assert campaigns.standing_as_of(campaign, now)[1] == now


def test_a_kept_count_says_the_same_as_a_live_one_and_when_it_was_made(campaign, monkeypatch) -> None:
    monkeypatch.setattr(campaigns, "LARGE", 2)
    counted = clock.now()
    assert campaigns.keep_standing(campaign, counted) == 1
    lines, at = campaigns.standing_as_of(campaign, counted + timedelta(seconds=20))
    assert at == counted
    assert lines == campaigns.standing_of(campaign, counted)
    ProofSnapshot.objects.all().update(valid_until=counted - timedelta(hours=1))
    assert campaigns.standing_as_of(campaign, clock.now())[0] == lines, "kept until it is counted again"
    campaigns.keep_standing(campaign, clock.now())
    assert campaigns.standing_as_of(campaign, clock.now())[0] != lines


def test_a_count_over_an_earlier_directive_is_not_shown(campaign, monkeypatch) -> None:
    monkeypatch.setattr(campaigns, "LARGE", 2)
    campaigns.keep_standing(campaign, clock.now())
    Standing.objects.update(directive_id=campaign.pk)
    now = clock.now()
    assert campaigns.standing_as_of(campaign, now)[1] == now
