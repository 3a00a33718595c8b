"""Every way in which a sheet is refused, with its stable code and its wording."""

from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_


def empty() -> Refused:
    """No header, no rows."""
    return Refused("sheet.empty", N_("The file holds no rows. The first row must name the columns."))


def too_large(limit_bytes: int) -> Refused:
    """More bytes than are taken."""
    return Refused(
        "sheet.too_large", N_("The file is larger than {limit_mb} MB. Split it."), limit_mb=limit_bytes // 1_000_000
    )


def too_many_rows(limit: int) -> Refused:
    """More rows than are taken."""
    return Refused("sheet.too_many_rows", N_("The file has more than {limit} rows. Split it."), limit=limit)


def too_many_columns(limit: int) -> Refused:
    """More columns than any list here has."""
    return Refused("sheet.too_many_columns", N_("The file has more than {limit} columns."), limit=limit)


def bomb() -> Refused:
    """Packed so that it would swell beyond all measure, or carrying a document type."""
    return Refused(
        "sheet.bomb", N_("The file unpacks to far more than a list holds and may be an attack. It was not read.")
    )


def damaged() -> Refused:
    """Of a known kind, but broken."""
    return Refused("sheet.damaged", N_("The file is damaged and cannot be read. Save it again as .xlsx or .csv."))


def old_or_locked() -> Refused:
    """An OLE container: .xls, or an .xlsx under a password."""
    return Refused(
        "sheet.old_or_locked",
        N_("The file is an old .xls or is protected with a password. Save it as .xlsx without a password."),
    )


def unknown_kind() -> Refused:
    """Neither CSV nor XLSX."""
    return Refused("sheet.unknown_kind", N_("Only .csv and .xlsx files are read here."))


def unknown_encoding() -> Refused:
    """Text in an encoding that cannot be told safely."""
    return Refused(
        "sheet.unknown_encoding",
        N_("The text is not in Unicode. In Excel choose “CSV UTF-8” when saving, or save as .xlsx."),
    )
