"""What a process says of itself to the kernel: that it must not outlive its parent, and its name (prctl(2), Linux)."""

import ctypes
import platform
import signal

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


def die_with_parent() -> None:
    """Ask to be killed when the parent dies, however it dies; elsewhere than on Linux, nothing happens."""
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def call_this_process(name: str) -> None:
    """The name that ps(1) and top(1) show (`comm`, 15 bytes); elsewhere than on Linux, nothing happens."""
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)
