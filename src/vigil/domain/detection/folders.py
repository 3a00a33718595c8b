"""Whose the files below a folder are: VIGIL_LOG_FOLDERS says so, and only whose they are may follow them.

A folder without an organisation belongs to the host's own. Of two folders that hold a file the inner one counts.
"""

from collections.abc import Mapping
from pathlib import PurePath
from uuid import UUID

from django.conf import settings

from vigil.domain.organisations.models import Organisation

Owners = Mapping[PurePath, UUID | None]


def folder_owners(own: Organisation | None) -> dict[PurePath, UUID | None]:
    """The folders of settings; `own`: the host's organisation. None: nobody's, for an organisation is not there."""
    named = {PurePath(folder): code for folder, code in settings.VIGIL_LOG_FOLDER_OWNERS.items()}
    codes = dict(Organisation.objects.filter(code__in=set(named.values())).values_list("code", "pk")) if named else {}
    owner = own.pk if own is not None else None
    folders = [PurePath(folder) for folder in settings.VIGIL_LOG_FOLDERS]
    return {folder: codes.get(named[folder]) if folder in named else owner for folder in folders}


def owner_of(path: PurePath, owners: Owners) -> UUID | None:
    """Whose the file is; None: nobody may follow it."""
    holding = [folder for folder in owners if path.is_relative_to(folder)]
    return owners[max(holding, key=lambda folder: len(folder.parts))] if holding else None
