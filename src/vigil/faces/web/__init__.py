"""Pages: thin views that parse, call one action or query, and render. A room's pages lie in a folder of its name."""
