"""What receivers ask of whoever runs them: whose events these are. They know no database."""

from typing import Protocol
from uuid import UUID


class Door(Protocol):
    """Tells whose events come in. Asked for every batch in the receivers' one thread: answer from memory."""

    def by_address(self, address: str, host: str) -> UUID | None:
        """The source of a syslog record: the sender's address, and the host that the record names (may be empty).

        None: refuse it.
        """

    def by_token(self, token: str) -> UUID | None:
        """The source of a request that shows this token; None: refuse it."""
