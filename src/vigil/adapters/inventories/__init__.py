"""Lists that people keep in sheets (CSV, XLSX): bytes to a header and rows of text, and back."""

from vigil.adapters.inventories.escaping import cleaned
from vigil.adapters.inventories.model import Sheet, SheetLimits
from vigil.adapters.inventories.reading import read_sheet
from vigil.adapters.inventories.writing import write_csv, write_xlsx

__all__ = ["Sheet", "SheetLimits", "cleaned", "read_sheet", "write_csv", "write_xlsx"]
