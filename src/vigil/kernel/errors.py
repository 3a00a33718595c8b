"""Every error that Vigil raises on purpose.

    VigilError              500  a fault of ours
      NotAllowed            403  who asks may not
      NotFound              404  what is asked for is not there, or not theirs to see
      Conflict              409  somebody else was first, or the state has moved on
      Refused               422  what was given cannot be taken, and nothing of it was kept
      Unavailable           503  a part that is needed does not answer

Each carries a stable `code` for machines (documented in docs/reference/problems.md), a phrase for people
and facts. One translator turns them into pages and into problem+json (RFC 9457).
"""

from typing import Any, ClassVar

from vigil.kernel.phrases import N_, Phrase


class VigilError(Exception):
    """The root: `code` is stable and dotted (`document.encrypted`), `phrase` is what a person reads."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = N_("Something in Vigil went wrong")

    def __init__(self, code: str, wording: str, /, **facts: Any) -> None:
        self.code = code
        self.phrase = Phrase(wording, facts)
        self.facts = facts
        super().__init__(f"{code}: {self.phrase}")


class NotAllowed(VigilError):
    """Who asks has no right to it."""

    status = 403
    title = N_("Not allowed")


class NotFound(VigilError):
    """It is not there, or not theirs to see; the two are told apart only in the log."""

    status = 404
    title = N_("Not found")


class Conflict(VigilError):
    """The thing has changed since it was read, or its state does not allow the step."""

    status = 409
    title = N_("Somebody was first")


class Refused(VigilError):
    """The input cannot be taken; nothing of it was kept."""

    status = 422
    title = N_("Not accepted")


class Unavailable(VigilError):
    """A part that the answer needs is missing or does not answer."""

    status = 503
    title = N_("Not available now")
