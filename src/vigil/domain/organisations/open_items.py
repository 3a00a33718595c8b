"""What is unfinished here: tests that were sent and not answered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from vigil.domain.organisations.models import ContactTest
from vigil.kernel.phrases import N_, phrase
from vigil.kernel.proofs import OpenItem


class ContactOpenItems:
    """Contact tests still waiting for an answer."""

    def open_items(self, organisation: UUID, now: datetime) -> Sequence[OpenItem]:
        """Unanswered, unexpired tests of the organisation's contact points, oldest first."""
        tests = (
            ContactTest.objects.filter(
                channel__contact_point__organisation_id=organisation,
                channel__contact_point__retired_at=None,
                answered_at=None,
                expires_at__gt=now,
            )
            .select_related("channel__contact_point")
            .order_by("sent_at")
        )
        return [
            OpenItem(
                "organisations",
                phrase(N_("The test of {label} is not answered yet."), label=test.channel.contact_point.label),
                test.sent_at,
                f"/contacts/{test.channel.contact_point_id}/",
            )
            for test in tests
        ]
