"""Values in, values out: no Django, no sockets, no clock; each engine is usable on its own and from the CLI."""
