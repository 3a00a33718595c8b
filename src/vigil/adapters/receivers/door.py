"""What receivers ask of whoever runs them: whose events these are. They know no database."""

from typing import Protocol
from uuid import UUID


class DoorClosed(Exception):
    """Nobody can tell whose it is, for now."""


class Door(Protocol):
    """Tells whose events come in. Asked for every batch, in the receivers' loop: answer from memory where you can.

    Raises: DoorClosed where nobody can tell at present; then senders are held, or asked to come again.
    """

    async def by_address(self, address: str, host: str) -> UUID | None:
        """The source of a syslog record: the sender's address, and the host that the record names (may be empty).

        None: refuse it.
        """

    async def by_token(self, token: str) -> UUID | None:
        """The source of a request that shows this token; None: refuse it."""
