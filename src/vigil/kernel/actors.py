"""Who did it, as a plain value, so that the journal needs to know no room."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is stable and stays in the chain; `name` is personal and is kept beside it."""

    kind: Literal["user", "worker", "cli", "link", "guest", "peer", "token"]
    id: str
    name: str = ""

    @property
    def ref(self) -> str:
        """`user:0190…`, the form that the journal's chain holds."""
        return f"{self.kind}:{self.id}"


def worker(name: str) -> Actor:
    """The actor for a worker's own doing."""
    return Actor("worker", name, name)
