"""Uploads are held in memory and bounded: no temporary file is ever written, so a secret document leaves no trace."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_


class BoundedMemoryUploadHandler(FileUploadHandler):
    """Takes files up to `VIGIL_UPLOAD_BYTES` in all; stops reading at once beyond that."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Note the announced length, so that a giant is refused before it is read."""
        self._room = settings.VIGIL_UPLOAD_BYTES
        self._announced_too_large = content_length > settings.VIGIL_UPLOAD_BYTES + 1024**2

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        super().new_file(*args, **kwargs)
        if self._announced_too_large:
            self._refuse()
        self._buffer = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a chunk, if there is room."""
        self._room -= len(raw_data)
        if self._room < 0:
            self._refuse()
        self._buffer.write(raw_data)

    def _refuse(self) -> None:
        if self.request is not None:
            self.request.META["vigil.upload_too_large"] = True
        raise StopUpload(connection_reset=False)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """The file as Django hands it to a view."""
        self._buffer.seek(0)
        return InMemoryUploadedFile(
            self._buffer,
            self.field_name,
            self.file_name or "",
            self.content_type or "",
            file_size,
            self.charset,
            self.content_type_extra,
        )


def uploaded(request: Any, name: str) -> tuple[bytes, str]:
    """The bytes and name of an uploaded file; (b"", "") when none was chosen.

    Raises: Refused `document.too_large`.
    """
    file = request.FILES.get(name)
    if request.META.get("vigil.upload_too_large"):
        raise Refused(
            "document.too_large",
            N_("The file is larger than {limit} MB."),
            limit=settings.VIGIL_UPLOAD_BYTES // 1024**2,
        )
    return (file.read(), file.name or "") if file else (b"", "")
