"""A search as the beginning of a Sigma rule, where it is simple enough: searched for once, looked for always."""

import json

from vigil.adapters.event_search.language import All, Any_, Not, One, Part, Query, Term


def as_rule(query: Query, *, product: str = "", category: str = "", service: str = "") -> str | None:
    """The text of a rule that holds where the query does; None where a rule cannot say it plainly."""
    parts = query.parts if isinstance(query, All) else (query,)
    wanted = [part for part in parts if isinstance(part, Term)]
    unwanted = [part.part for part in parts if isinstance(part, Not) and isinstance(part.part, Term)]
    terms = [*wanted, *unwanted]
    if not wanted or len(terms) < len(parts) or any(term.field.startswith("_") for term in terms):
        return None
    named = [term for term in wanted if term.field]
    if len({term.field for term in named}) < len(named):
        return None
    blocks, names = [], []
    if named:
        blocks.append(_fields("selection", named))
        names.append("selection")
    for n, term in enumerate((term for term in wanted if not term.field), 1):
        blocks.append(f"  words{n}:\n    - {_value(term.parts)}\n")
        names.append(f"words{n}")
    for n, term in enumerate(unwanted, 1):
        name = f"filter{n}"
        blocks.append(_fields(name, [term]) if term.field else f"  {name}:\n    - {_value(term.parts)}\n")
        names.append(f"not {name}")
    log = [("product", product), ("category", category), ("service", service)]
    source = "".join(f"  {word}: {json.dumps(said, ensure_ascii=False)}\n" for word, said in log if said)
    source = source or "  product: windows\n"
    return (
        f"title: \nstatus: experimental\nlevel: medium\nlogsource:\n{source}"
        f"detection:\n{''.join(blocks)}  condition: {' and '.join(names)}\n"
    )


def _fields(name: str, terms: list[Term]) -> str:
    lines = (f"    {json.dumps(term.field, ensure_ascii=False)}: {_value(term.parts)}\n" for term in terms)
    return f"  {name}:\n{''.join(lines)}"


def _value(parts: tuple[Part, ...]) -> str:
    said = "".join("*" if isinstance(one, Any_) else "?" if isinstance(one, One) else _plain(one) for one in parts)
    return json.dumps(said, ensure_ascii=False)


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
