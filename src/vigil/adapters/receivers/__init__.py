"""Events from the network, in the shapes that senders speak; on disk before the sender is told that they were taken."""

from vigil.adapters.receivers.door import Door, DoorClosed
from vigil.adapters.receivers.listening import ANY, LISTENERS, Listening
from vigil.adapters.receivers.serving import Receivers
from vigil.adapters.receivers.tally import Count, Tally

__all__ = ["ANY", "LISTENERS", "Count", "Door", "DoorClosed", "Listening", "Receivers", "Tally"]
