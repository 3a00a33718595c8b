"""Pages from the dispatch to the watch: receive, look through what was read, confirm, open."""
