"""Views, a file a step."""
