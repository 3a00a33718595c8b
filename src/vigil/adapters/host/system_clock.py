"""How far the machine's clock may be off, as its kernel knows it (adjtimex(2), Linux); no network is asked."""

import ctypes
import ctypes.util
import platform
from dataclasses import dataclass

_STA_UNSYNC = 0x0040


class _Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>; only the first fields are read."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    ]


@dataclass(frozen=True, slots=True)
class ClockReading:
    """`synchronised` None: unknown. Errors in seconds, as the kernel estimates them."""

    synchronised: bool | None
    estimated_error_s: float | None


def read_clock() -> ClockReading:
    """What the kernel says of its clock; unknown where there is no adjtimex."""
    if platform.system() != "Linux":
        return ClockReading(None, None)
    libc = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6", use_errno=True)
    timex = _Timex()
    if not hasattr(libc, "adjtimex") or libc.adjtimex(ctypes.byref(timex)) < 0:
        return ClockReading(None, None)
    return ClockReading(not timex.status & _STA_UNSYNC, timex.esterror / 1e6)
