"""Paging: what waits for somebody, its story, how each person is reached, and the public door to answer by."""
