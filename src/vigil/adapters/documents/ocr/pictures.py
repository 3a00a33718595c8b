"""Pages as clean grey pictures: what OCR sees is drawn here, never the file that came from outside.

So neither tesseract nor anything behind ocrmypdf ever opens untrusted input.
"""

import io
import math
from collections.abc import Iterator, Sequence

import img2pdf
from PIL import Image, ImageOps, ImageSequence

from vigil.adapters.documents import refusals
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.pdf.reader import opened
from vigil.adapters.documents.sniff import PDF

_DPI = 300
_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/webp": "WEBP",
}
_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    KeyError,
    IndexError,
    TypeError,
)


def pictures(data: bytes, media_type: str, pages: Sequence[int], limits: Limits) -> Iterator[Image.Image]:
    """The pages (numbers from 1) of a PDF or image, upright, grey, at 300 dpi or as many as the limit lets.

    Raises:
        Refused: `document.damaged`, `document.bomb` (more pixels than a page may have).
    """
    if media_type == PDF:
        yield from _drawn(data, pages, limits)
    else:
        yield from _frames(data, media_type, pages, limits)


def frames_in(data: bytes, media_type: str, limits: Limits) -> int:
    """How many pages an image file holds."""
    with _image(data, media_type, limits) as image:
        return int(getattr(image, "n_frames", 1))


def _drawn(data: bytes, pages: Sequence[int], limits: Limits) -> Iterator[Image.Image]:
    with opened(data) as pdf:
        for number in pages:
            page = pdf[number - 1]
            wide, high = page.get_size()
            scale = min(_DPI / 72, math.sqrt(limits.pixels / max(wide * high, 1.0)))
            yield page.render(scale=scale, grayscale=True).to_pil().convert("L")
            page.close()


def _frames(data: bytes, media_type: str, pages: Sequence[int], limits: Limits) -> Iterator[Image.Image]:
    with _image(data, media_type, limits) as image:
        try:
            for number, frame in enumerate(ImageSequence.Iterator(image), start=1):
                if number in pages:
                    _check_size(frame, limits)
                    yield _flat(frame)
        except _FAULTS as error:
            raise refusals.damaged() from error


def _image(data: bytes, media_type: str, limits: Limits) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # our own bound follows, before anything is unpacked
    try:
        image = Image.open(io.BytesIO(data), formats=[_FORMATS[media_type]])
    except _FAULTS as error:
        raise refusals.damaged() from error
    _check_size(image, limits)
    return image


def _check_size(image: Image.Image, limits: Limits) -> None:
    if image.width * image.height > limits.pixels * 4:
        raise refusals.bomb()


def _flat(frame: Image.Image) -> Image.Image:
    """Upright, without transparency, grey; enlarged when the letters would be too small to be told apart."""
    upright = ImageOps.exif_transpose(frame)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        with_alpha = upright.convert("RGBA")
        upright = Image.new("RGB", with_alpha.size, "white")
        upright.paste(with_alpha, mask=with_alpha.getchannel("A"))
    grey = upright.convert("L")
    widest = max(grey.size)
    if widest > 5000:
        grey.thumbnail((5000, 5000))
    elif widest < 1800:
        grey = grey.resize((grey.width * 2, grey.height * 2), Image.Resampling.LANCZOS)
    return grey


def as_pdf(images: Iterator[Image.Image], *, is_image_file: bool) -> bytes:
    """Pictures as an image-only PDF. A photograph or screenshot is taken to be as wide as an A4 page."""
    pieces = []
    dpi: list[float] = []
    for image in images:
        buffer = io.BytesIO()
        resolution = max(image.width / 8.27, image.height / 11.69) if is_image_file else _DPI
        image.save(buffer, "PNG", dpi=(resolution, resolution), compress_level=1)
        pieces.append(buffer.getvalue())
        dpi.append(resolution)
    if not pieces:
        raise refusals.damaged()
    return bytes(img2pdf.convert(pieces))
