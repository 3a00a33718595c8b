"""Names of the WordprocessingML elements (ECMA-376 part 1, section 17)."""

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

P, R, T, TAB, BR, CR = f"{W}p", f"{W}r", f"{W}t", f"{W}tab", f"{W}br", f"{W}cr"
SYM, NO_BREAK_HYPHEN, SOFT_HYPHEN = f"{W}sym", f"{W}noBreakHyphen", f"{W}softHyphen"
TBL, TR, TC = f"{W}tbl", f"{W}tr", f"{W}tc"
PPR, RPR, VAL = f"{W}pPr", f"{W}rPr", f"{W}val"
DEL, MOVE_FROM = f"{W}del", f"{W}moveFrom"
TEXT_BOX, ALTERNATE, CHOICE, FALLBACK = (
    f"{W}txbxContent",
    f"{MC}AlternateContent",
    f"{MC}Choice",
    f"{MC}Fallback",
)
TEXT_PATH = "{urn:schemas-microsoft-com:vml}textpath"
