"""The frame around every page: navigation, language, theme, who is signed in."""

from vigil.faces.web.shell.context import shell

__all__ = ["shell"]
