"""Sign-in, lock-out, and the administrator's pages of accounts."""
