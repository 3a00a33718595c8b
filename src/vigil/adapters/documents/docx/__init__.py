"""Word documents in Office Open XML (ECMA-376, ISO/IEC 29500)."""
