"""Official documents composed from what Vigil knows: a plan, a request to a provider, a report, a dispatch.

Each function only reads, and gives an `OfficialDocument`; `written` turns it into a file and tells the journal. The
words are Vietnamese whatever the reader's language: they are official documents.
"""

from vigil.domain.flows.documents.dispatches import dispatch_of
from vigil.domain.flows.documents.plans import plan_of
from vigil.domain.flows.documents.reports import report_of
from vigil.domain.flows.documents.requests import request_to_provider
from vigil.domain.flows.documents.written import FORMATS, Written, written

__all__ = ["FORMATS", "Written", "dispatch_of", "plan_of", "report_of", "request_to_provider", "written"]
