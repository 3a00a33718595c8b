"""Old Vietnamese encodings to Unicode: TCVN3 (ABC), VNI, Windows-1258, VIQR, decomposed letters."""

from vigil.adapters.documents.encodings.choice import Fragment, by_fonts, composed, mended
from vigil.adapters.documents.encodings.decode import Decoded, decode

__all__ = ["Decoded", "Fragment", "by_fonts", "composed", "decode", "mended"]
