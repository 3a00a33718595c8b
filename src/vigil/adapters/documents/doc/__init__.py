"""Word 97-2003 documents ([MS-DOC]), read natively and within bounds."""
