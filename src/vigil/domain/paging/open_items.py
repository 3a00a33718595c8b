"""What is unfinished here: pages that nobody took or nobody finished, messages that were not delivered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from vigil.domain.outbox.models import Message, MessageState
from vigil.domain.paging.models import Page, PageState
from vigil.kernel.phrases import N_, phrase
from vigil.kernel.proofs import OpenItem

_WORDINGS = {
    PageState.OPEN: N_("A page waits for somebody: {title}"),
    PageState.EXHAUSTED: N_("Nobody answered a page: {title}"),
    PageState.ACKNOWLEDGED: N_("A page is taken and not done: {title}"),
}


class PagingOpenItems:
    """Open matters of paging."""

    def open_items(self, organisation: UUID, now: datetime) -> Sequence[OpenItem]:
        """Pages that are not done, oldest first, and one line for messages of pages that could not be delivered."""
        rows = Page.objects.filter(organisation_id=organisation, is_test=False).exclude(state=PageState.RESOLVED)
        found = [
            OpenItem(
                "paging",
                phrase(_WORDINGS[PageState(page.state)], title=page.title_phrase),
                page.raised_at,
                f"/pages/{page.pk}/",
            )
            for page in rows.order_by("raised_at")
        ]
        failed = Message.objects.filter(
            organisation_id=organisation, about__startswith="paging.", state=MessageState.FAILED
        ).filter(page_attempt__step__page__in=rows)
        oldest = failed.order_by("created_at").first()
        if oldest is not None:
            wording = phrase(N_("{n} messages of open pages were not delivered."), n=failed.count())
            found.append(OpenItem("paging", wording, oldest.created_at, "/pages/"))
        return sorted(found, key=lambda item: item.since)
