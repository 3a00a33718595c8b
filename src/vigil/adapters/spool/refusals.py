"""Why the spool does not take something. Nothing of it was acknowledged, and the sender may try again."""


class SpoolError(Exception):
    """The root: what was given is not in the spool, as far as anybody may rely on it."""


class SpoolBusy(SpoolError):
    """Another process writes this stream."""


class SpoolSlow(SpoolError):
    """More waits for the disk than may: stop reading from the network and try again in a moment."""


class SpoolFull(SpoolError):
    """The disk has too little room, or cannot be written: refuse, and try again later."""


class SpoolClosed(SpoolError):
    """The writer has been closed."""
