"""Which directives somebody may read: their own organisations', and those that were sent to them."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from vigil.domain.directives.models import Directive, Recipient, RecipientState, Watch
from vigil.faces.web.scoping import visible
from vigil.kernel.errors import NotFound
from vigil.kernel.phrases import N_


def directive_in_sight(request: HttpRequest, pk: UUID | str) -> Directive:
    """The directive, if it is theirs, was sent to them, or is kept a watch over by them.

    Raises: NotFound `page.not_found`, alike for what is not there and what is not theirs.
    """
    organisations = visible(request)
    sent = Recipient.objects.filter(directive=OuterRef("pk"), organisation__in=organisations)
    kept = Watch.objects.filter(directive=OuterRef("pk"), organisation__in=organisations)
    rows = Directive.objects.select_related("dispatch", "organisation").filter(
        Q(organisation__in=organisations) | Exists(sent.exclude(state=RecipientState.NOT_SENT)) | Exists(kept)
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    return found
