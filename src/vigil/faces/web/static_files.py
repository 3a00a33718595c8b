"""The kept libraries' files that pages use, one by one, taken from node_modules; nothing else of them is served."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

LIBRARIES = {
    "tabler": (
        "@tabler/core/dist",
        ["css/tabler.min.css", "css/tabler.min.css.map", "js/tabler.min.js", "js/tabler.min.js.map"],
    ),
    "inter": ("@fontsource-variable/inter", ["standard.css", "files/inter-*-standard-normal.woff2"]),
    "htmx": ("htmx.org/dist", ["htmx.min.js"]),
}


class KeptLibraryFinder(BaseFinder):
    """Finds `tabler/css/tabler.min.css` and its kind in node_modules."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        root = Path(settings.VIGIL_NODE_MODULES)
        self._files: dict[str, tuple[Path, str]] = {}
        for prefix, (folder, patterns) in LIBRARIES.items():
            for pattern in patterns:
                for path in sorted((root / folder).glob(pattern)):
                    inside = str(path.relative_to(root / folder))
                    self._files[f"{prefix}/{inside}"] = (root / folder, inside)
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing to check beyond what `vigil prepare` says when node_modules is missing."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file's place, or nothing."""
        known = self._files.get(path)
        found = str(known[0] / known[1]) if known else None
        return ([found] if found else []) if find_all else (found or [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """Every file with the storage it lies in, as collectstatic wants it."""
        for path, (root, inside) in self._files.items():
            storage = FileSystemStorage(location=root)
            storage.prefix = path[: -len(inside)].rstrip("/")  # type: ignore[attr-defined]  # Django's own convention
            yield inside, storage
