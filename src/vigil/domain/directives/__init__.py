"""From the dispatch as it arrived to the watch that keeps its obligations."""
