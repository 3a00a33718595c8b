"""What other rooms do with paging: raise a page in the transaction of their own fact, and say that it is done.

The rest (answering, routes, policies, dead-man's switches) lies in the modules beside this one.
"""

from vigil.domain.paging.actions.raising import raise_page, resolve_page, resolve_pages

__all__ = ["raise_page", "resolve_page", "resolve_pages"]
