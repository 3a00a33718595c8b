"""The postman: fetches what is unseen in the mailbox, keeps it, and only then marks it seen."""

import logging
from pathlib import Path

from vigil.adapters.mailboxes import Bounds, Fetched, Mailbox, opened
from vigil.domain.mailbox.actions import receive_letter, set_aside_faulty
from vigil.domain.mailbox.queries import owner_of_mailbox
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock
from vigil.kernel.actors import worker

log = logging.getLogger(__name__)

NAME = "postman"
EVERY_S = 20.0
AT_MOST = 10  # a scan can take minutes, and a worker gives a sign of life after each round


class Postman:
    """Reads one mailbox for one organisation; None: none is configured."""

    def __init__(
        self, *, mailbox: Mailbox | None, organisation: str, originals: Path, anchors: Path | None = None
    ) -> None:
        self._mailbox = mailbox
        self._organisation = organisation
        self._originals = originals
        self._anchors = anchors
        self._bounds = Bounds()

    def round(self) -> str:
        """Fetch at most `AT_MOST` letters; returns how many were offered and how many set aside.

        Raises: Unavailable when the mailbox does not answer.
        """
        if self._mailbox is None:
            return "no mailbox is configured (VIGIL_IMAP_URL)"
        owner = owner_of_mailbox(self._organisation)
        if owner is None:
            return "no organisation owns the mailbox (VIGIL_MAILBOX_ORGANISATION)"
        offered = aside = 0
        with self._mailbox.session() as session:
            for fetched in session.unseen(most=AT_MOST, bytes_each=self._bounds.bytes):
                state = self._kept(fetched, owner)
                offered, aside = offered + (state == "offered"), aside + (state == "set_aside")
                session.mark_seen(fetched.uid)  # after the commit: a crash in between fetches it again, and finds it
        return f"offered {offered}, set aside {aside}"

    def _kept(self, fetched: Fetched, owner: Organisation) -> str:
        mail = opened(fetched.data, whole=fetched.whole, bounds=self._bounds)
        try:
            letter = receive_letter(
                mail=mail,
                organisation=owner,
                originals=self._originals,
                anchors=self._anchors,
                actor=worker(NAME),
                now=clock.now(),
            )
        except Exception:
            log.exception("a letter could not be kept as it is")
            set_aside_faulty(mail=mail, organisation=owner, actor=worker(NAME), now=clock.now())
            return "set_aside"
        return letter.state if letter is not None else "known"
