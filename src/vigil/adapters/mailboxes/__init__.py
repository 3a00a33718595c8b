"""Mailboxes that are read: IMAP over TLS, and what a message holds, within bounds."""

from vigil.adapters.mailboxes.imap import Fetched, Mailbox
from vigil.adapters.mailboxes.messages import Attachment, Bounds, Mail, opened

__all__ = ["Attachment", "Bounds", "Fetched", "Mail", "Mailbox", "opened"]
