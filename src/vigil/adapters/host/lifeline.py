"""A process that must not outlive its parent says so to the kernel (prctl(2) PR_SET_PDEATHSIG, Linux)."""

import ctypes
import platform
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask to be killed when the parent dies, however it dies; elsewhere than on Linux, nothing happens."""
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
