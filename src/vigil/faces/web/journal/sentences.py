"""What an entry says to a person: one phrase an action, filled from the entry's facts."""

from collections import defaultdict
from typing import Any

from django.utils.translation import gettext_lazy as _

from vigil.domain.accounts.models import Role
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.models import ChannelKind
from vigil.kernel.phrases import N_, Phrase
from vigil.kernel.proofs import Verdict

SENTENCES: dict[str, str] = {
    "account.language_set": N_("chose the language {language}"),
    "account.closed": N_("closed an account"),
    "account.created": N_("created an account"),
    "account.opened": N_("reopened an account"),
    "account.password_set": N_("set an account's password"),
    "account.role_granted": N_("granted the role {role}"),
    "account.role_revoked": N_("took away the role {role}"),
    "account.unlocked": N_("lifted a lock-out"),
    "assignment.changed": N_("assigned obligation {item}"),
    "directive.confirmed": N_("confirmed the directive {number} “{subject}”"),
    "directive.corrected": N_("corrected a draft directive: {fields}"),
    "directive.linked": N_("linked a directive to an earlier one ({kind})"),
    "dispatch.received": N_("received a dispatch ({bytes} bytes)"),
    "documents.written": N_("wrote a document ({kind})"),
    "estate.edgedevice_added": N_("added a device at the network's edge"),
    "estate.edgedevice_removed": N_("removed a device at the network's edge"),
    "estate.edgedevice_changed": N_("changed a device at the network's edge"),
    "estate.informationsystem_added": N_("added the information system {name}"),
    "estate.informationsystem_changed": N_("changed an information system"),
    "estate.imported": N_("imported {count} rows of the estate from a sheet"),
    "journal.personal_erased": N_("erased personal data of an entry"),
    "mailbox.letter_offered": N_("a letter came and is offered for reading ({count} parts)"),
    "mailbox.letter_refused": N_("said of a letter that it is not ours"),
    "mailbox.letter_set_aside": N_("a letter came and was set aside ({reason})"),
    "mailbox.letter_taken": N_("read an offered letter as a dispatch"),
    "organisations.contact_channels_changed": N_("changed a contact point's numbers and addresses"),
    "organisations.contact_retired": N_("retired a contact point"),
    "organisations.contact_test_answered": N_("answered the test of a contact point (by {by})"),
    "organisations.contact_test_started": N_("sent a test to a contact point ({channel})"),
    "organisations.contactpoint_added": N_("filed the contact point {label}"),
    "organisations.contactpoint_changed": N_("changed a contact point"),
    "organisations.imported": N_("imported {count} rows of organisations from a sheet"),
    "organisations.organisation_added": N_("added the organisation {name}"),
    "organisations.organisation_changed": N_("changed an organisation"),
    "organisations.person_added": N_("added a person"),
    "organisations.person_changed": N_("changed a person"),
    "organisations.providerlink_added": N_("linked a provider: {service}"),
    "organisations.providerlink_removed": N_("removed a provider's link"),
    "organisations.unit_removed": N_("removed a unit"),
    "organisations.providerlink_changed": N_("changed a provider's link"),
    "organisations.unit_added": N_("added the unit {name}"),
    "organisations.unit_changed": N_("changed a unit"),
    "proof.verdict_changed": N_("proof of {item}: {is}"),
    "regime.clause_changed": N_("changed a clause of the regimes"),
    "watch.closed": N_("closed a watch"),
    "watch.opened": N_("opened a watch"),
    "watch.planned": N_("planned a watch"),
    "watch.window_moved": N_("moved a watch's window"),
}


def sentence_of(entry: Entry) -> Phrase:
    """The phrase for an entry; an action without one is shown by its code."""
    wording = SENTENCES.get(entry.action)
    if wording is None:
        return Phrase("{action}", {"action": entry.action})
    return Phrase(wording, _Filled("…", {name: _plain(name, value) for name, value in entry.facts.items()}))


_WORDS: dict[str, dict[str, Any]] = {
    "role": dict(Role.choices),
    "channel": dict(ChannelKind.choices),
    "by": {"link": _("link"), "code": _("code")},
    "language": {"vi": "Tiếng Việt", "en": "English"},
}


class _Filled(defaultdict[str, Any]):
    """Facts that an old entry lacks show as an ellipsis."""

    def __init__(self, blank: str, known: dict[str, Any]) -> None:
        super().__init__(lambda: blank, {**dict.fromkeys(_PLACES, blank), **known})


_PLACES = (
    "role",
    "item",
    "number",
    "subject",
    "fields",
    "kind",
    "bytes",
    "name",
    "count",
    "by",
    "channel",
    "label",
    "service",
    "is",
    "language",
    "reason",
)


def _plain(name: str, value: Any) -> Any:
    if name in _WORDS and isinstance(value, str):
        return _WORDS[name].get(value, value)
    if name == "is" and value in set(Verdict):
        return Phrase(Verdict(value).label)
    if isinstance(value, dict) and "is" in value:
        return value["is"]
    return ", ".join(map(str, value)) if isinstance(value, list) else value
