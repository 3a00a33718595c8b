"""The first-run path: organisation and contact point, then the dispatch."""
