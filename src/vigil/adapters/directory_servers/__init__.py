"""Directories that are asked who somebody is and in which groups: LDAP, by search and then bind."""

from vigil.adapters.directory_servers.ldap import Directory, Found

__all__ = ["Directory", "Found"]
