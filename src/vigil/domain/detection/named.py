"""What somebody means who names a rule or an indicator: by its id, its title in either language, or its value."""

from collections.abc import Callable
from uuid import UUID

from django.db.models import Q

from vigil.adapters.sigma_rules.shipped import shipped_words
from vigil.domain.detection.models import Alert, Rule
from vigil.domain.detection.titles import title_known, told
from vigil.engines.detection.indicator_terms import kind_of
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

_MOST_TITLED = 5
_KINDS = ("domain", "address", "network", "url", "hash")


def key_named(organisation: UUID, text: str, translate: Callable[[str], str]) -> str:
    """The key by which alerts of it are known; empty for an empty text. `translate`: into the reader's language.

    Raises: Refused `suppression.unknown` when there is neither such a rule nor such an indicator, `suppression.several`
    when several rules have the title.
    """
    text = " ".join(text.split())
    if not text:
        return ""
    ours = Rule.objects.filter(Q(organisation=None) | Q(organisation_id=organisation))
    if ours.filter(uid=text).exists():
        return text
    titled = list(ours.filter(title__iexact=text).order_by("uid").values_list("uid", flat=True)[:_MOST_TITLED])
    if len(titled) > 1:
        raise Refused(
            "suppression.several", N_("Several rules have this title; name one by its id: {ids}"), ids=", ".join(titled)
        )
    if titled:
        return titled[0]
    for uid, words in shipped_words().items():
        if translate(words.title).casefold() == text.casefold():
            return uid
    if Alert.objects.filter(organisation_id=organisation, key=text).exists():
        return text
    kind, _, value = text.partition(":")
    try:
        return "{}:{}".format(*kind_of(value.strip() if kind in _KINDS else text))
    except ValueError as error:
        raise Refused(
            "suppression.unknown",
            N_("There is no rule with this id or title, and it is no domain, address, network, URL or hash."),
        ) from error


def lately_raised(organisation: UUID, translate: Callable[[str], str], most: int = 100) -> list[tuple[str, str]]:
    """Keys and titles of what raised alerts there, the newest first: what somebody may want to suppress."""
    rows = Alert.objects.filter(organisation_id=organisation, kind__in=["rule", "correlation", "indicator"])
    newest = rows.order_by("-raised_at").values_list("key", "title")[: most * 10]
    found: dict[str, str] = {}
    for key, title in newest:
        found.setdefault(key, title)
    return [(key, told(title_known(title), translate)) for key, title in list(found.items())[:most]]
