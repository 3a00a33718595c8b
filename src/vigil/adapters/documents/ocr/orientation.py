"""A page that lies on its side or stands on its head is turned before it is read.

Turned here and not by ocrmypdf, so that the words' boxes are those of the upright page.
"""

import io
import re
import subprocess

from PIL import Image

_TURN = re.compile(r"^Rotate: (0|90|180|270)$", re.MULTILINE)
_SURE = re.compile(r"^Orientation confidence: ([\d.]+)$", re.MULTILINE)
_LEAST_SURE = 2.0
_SECONDS = 30


def upright(image: Image.Image) -> Image.Image:
    """The picture the right way up, as far as tesseract's orientation model can tell; otherwise as it is."""
    buffer = io.BytesIO()
    image.reduce(2).save(buffer, "PNG", dpi=(150, 150), compress_level=1)
    try:
        said = subprocess.run(
            ["tesseract", "stdin", "stdout", "--psm", "0"],  # noqa: S607 - found by PATH, as ocrmypdf finds it
            input=buffer.getvalue(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        ).stdout.decode("ascii", errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return image
    turn, sure = _TURN.search(said), _SURE.search(said)
    if turn is None or sure is None or turn.group(1) == "0" or float(sure.group(1)) < _LEAST_SURE:
        return image
    return image.rotate(-int(turn.group(1)), expand=True, fillcolor=255)
