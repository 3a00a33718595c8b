"""What an entry says to a person: one phrase an action, filled from the entry's facts."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from vigil.domain.accounts.models import Role
from vigil.domain.detection.models import AlertVerdict, Posture
from vigil.domain.detection.titles import title_known
from vigil.domain.duty.models import How, KeyUse, Origin, Place
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.models import ChannelKind
from vigil.kernel.phrases import N_, Phrase
from vigil.kernel.proofs import Verdict

SENTENCES: dict[str, str] = {
    "account.language_set": N_("chose the language {language}"),
    "account.closed": N_("closed an account"),
    "account.created": N_("created an account"),
    "account.opened": N_("reopened an account"),
    "account.linked": N_("made an account for somebody known to {source}"),
    "account.second_factor_added": N_("set up a second factor ({kind})"),
    "account.second_factor_failed": N_("showed a wrong second factor ({kind})"),
    "account.second_factor_removed": N_("removed a second factor ({kind})"),
    "account.second_factor_renewed": N_("made new recovery codes"),
    "account.second_factor_reset": N_("reset an account's second factor"),
    "account.signed_in": N_("signed in ({by}, second factor: {factor})"),
    "account.password_set": N_("set an account's password"),
    "account.person_linked": N_("said which person an account stands for"),
    "account.role_granted": N_("granted the role {role}"),
    "account.role_revoked": N_("took away the role {role}"),
    "account.sessions_ended": N_("ended {count} sessions of an account"),
    "account.token_made": N_("made a token of the API"),
    "account.token_revoked": N_("revoked a token of the API"),
    "account.unlocked": N_("lifted a lock-out"),
    "assignment.changed": N_("assigned obligation {item}"),
    "detection.alert_closed": N_("closed an alert: {verdict}"),
    "detection.alert_given": N_("gave an alert to somebody"),
    "detection.alert_noted": N_("wrote a note on an alert"),
    "detection.alert_raised": N_("raised an alert ({kind})"),
    "detection.alert_reopened": N_("reopened an alert"),
    "detection.alert_returned": N_("gave an alert back: it waits again"),
    "detection.alert_taken": N_("took an alert"),
    "detection.alerts_closed": N_("closed {count} alerts at once: {verdict}"),
    "detection.alerts_taken": N_("took {count} alerts at once"),
    "detection.call_entered": N_("entered a call to the hotline as an alert"),
    "detection.hunt_asked": N_("asked for the hunt “{title}”"),
    "detection.hunt_ended": N_("ended the hunt “{title}”: found {found}, new alerts {raised}"),
    "detection.hunt_stopped": N_("stopped the hunt “{title}”"),
    "detection.list_added": N_("handed in the list of indicators {name}: {count}, {refused} refused"),
    "detection.list_retired": N_("retired the list of indicators {name}"),
    "detection.logsource_added": N_("entered the source {name}"),
    "detection.logsource_changed": N_("changed a source of events"),
    "detection.own_rule_added": N_("wrote the rule {title}"),
    "detection.own_rule_changed": N_("changed the rule {title}"),
    "detection.own_rule_retired": N_("retired the rule {title}"),
    "detection.own_rule_tested": N_("tested the rule {title} against stored events"),
    "detection.posture_applied": N_(
        "switched a posture on ({posture}): {rules_before} rules before, {rules_after} after"
    ),
    "detection.posture_reverted": N_("reverted a posture ({posture}): {rules_before} rules run again"),
    "detection.profile_set": N_("set what a posture means ({posture})"),
    "detection.rule_switched": N_("switched the rule {title}: {to}"),
    "detection.rules_imported": N_("updated the rule set: {added} added, {changed} changed, {retired} retired"),
    "detection.source_found": N_("registered the sender {name} as a source by itself"),
    "detection.source_heard": N_("saw that the silence of {name} is over"),
    "detection.source_retired": N_("retired the source {name}"),
    "detection.source_silent": N_("noticed that the source {name} is silent"),
    "detection.source_token_made": N_("made a token for the source {name}"),
    "detection.suppressed": N_("suppressed alerts of {title}"),
    "detection.suppression_lifted": N_("lifted the suppression of {title}"),
    "directive.confirmed": N_("confirmed the directive {number} “{subject}”"),
    "directive.corrected": N_("corrected a draft directive: {fields}"),
    "directive.linked": N_("linked a directive to an earlier one ({kind})"),
    "dispatch.received": N_("received a dispatch ({bytes} bytes)"),
    "documents.written": N_("wrote a document ({kind})"),
    "duty.attested": N_("stated that somebody was there at {at}"),
    "duty.carried_over": N_("carried over what {people} people stood in a watch"),
    "duty.check_in_missed": N_("noticed that the check-in due at {due_at} did not come"),
    "duty.checked_in": N_("checked in ({how}: {place})"),
    "duty.codes_guessed": N_("entered {count} wrong codes of a post's screen"),
    "duty.handover_drawn": N_("drew up a hand-over: {count} items"),
    "duty.handover_given": N_("signed a hand-over as the outgoing side: {count} items"),
    "duty.handover_taken": N_(
        "signed a hand-over as the incoming side: {count} items, {came} came and {closed} were closed meanwhile"
    ),
    "duty.key_made": N_("made a secret address ({use})"),
    "duty.key_revoked": N_("revoked a secret address ({use})"),
    "duty.leave_added": N_("entered somebody's leave"),
    "duty.leave_withdrawn": N_("took back somebody's leave"),
    "duty.member_added": N_("said who stands duty"),
    "duty.member_changed": N_("changed what is known of somebody who stands duty"),
    "duty.member_retired": N_("took somebody out of duty"),
    "duty.members_added": N_("said of {count} people that they stand duty"),
    "duty.post_added": N_("made a post"),
    "duty.post_changed": N_("changed a post"),
    "duty.post_retired": N_("took a post out"),
    "duty.provider_answered": N_("recorded a provider's answer: {people} people, {shifts} shifts"),
    "duty.provider_asked": N_("drafted a request to a provider"),
    "duty.provider_none": N_("recorded that there is no provider"),
    "duty.provider_none_taken_back": N_("took back that there is no provider"),
    "duty.provider_refused": N_("recorded that a provider refused"),
    "duty.leads_named": N_("named who may lead a shift"),
    "duty.provider_request_sent": N_("noted that a request to a provider is sent"),
    "duty.relieved": N_("relieved somebody within a shift"),
    "duty.roster_changed": N_("changed the roster ({origin})"),
    "duty.roster_planned": N_("planned the roster: {placed} placed, {open} places open"),
    "duty.roster_published": N_("published the roster"),
    "duty.screen_ended": N_("ended the address of a post's screen"),
    "duty.screen_made": N_("made an address for a post's screen"),
    "duty.swap_agreed": N_("agreed to a swap"),
    "duty.swap_approved": N_("approved a swap"),
    "duty.swap_proposed": N_("asked for a swap"),
    "duty.swap_refused": N_("refused a swap"),
    "duty.swap_withdrawn": N_("withdrew a swap"),
    "duty.wish_added": N_("entered somebody's wish"),
    "duty.wish_withdrawn": N_("took back somebody's wish"),
    "estate.edgedevice_added": N_("added a device at the network's edge"),
    "estate.edgedevice_removed": N_("removed a device at the network's edge"),
    "estate.edgedevice_changed": N_("changed a device at the network's edge"),
    "estate.informationsystem_added": N_("added the information system {name}"),
    "estate.informationsystem_changed": N_("changed an information system"),
    "estate.imported": N_("imported {count} rows of the estate from a sheet"),
    "exchange.collection_created": N_("made the collection {alias} for exchange"),
    "exchange.granted": N_("set what a peer may do with the collection {alias}"),
    "exchange.published": N_("published {count} objects in the collection {alias} ({tlp})"),
    "exchange.received": N_("received {count} objects in the collection {alias}, refused {refused}"),
    "exchange.token_issued": N_("issued a token to a peer"),
    "exchange.token_revoked": N_("revoked a peer's token"),
    "exchange.withheld": N_("withheld {count} objects from the collection {alias}"),
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
    "paging.end_decided": N_("saw an escalation end without anybody taking it"),
    "paging.links_revoked": N_("revoked {links} links of a page"),
    "paging.page_declined": N_("said of a page: I cannot take it"),
    "paging.page_done": N_("said of a page: it is done"),
    "paging.page_exhausted": N_("tried everybody for a page, and nobody took it"),
    "paging.page_raised": N_("raised a page ({kind})"),
    "paging.page_raised_again": N_("raised a page again that nobody had taken ({kind})"),
    "paging.page_resolved": N_("closed a page"),
    "paging.page_taken": N_("took a page"),
    "paging.deadman_added": N_("began to listen for {name}"),
    "paging.deadman_changed": N_("changed a dead-man's switch"),
    "paging.escalationpolicy_added": N_("made the escalation policy {name}"),
    "paging.escalationpolicy_changed": N_("changed an escalation policy"),
    "paging.policy_retired": N_("took the escalation policy {name} out of use"),
    "paging.policy_steps_set": N_("set the steps of an escalation policy"),
    "paging.reminder_decided": N_("reminded of a page that is taken and not done"),
    "paging.route_added": N_("added a way to reach a person ({channel})"),
    "paging.route_failed_over": N_("went on to a person's next route ({channel} did not work)"),
    "paging.route_paused": N_("paused a way to reach a person ({channel})"),
    "paging.route_removed": N_("removed a way to reach a person ({channel})"),
    "paging.route_resumed": N_("took up a way to reach a person again ({channel})"),
    "paging.routes_ordered": N_("set the order in which a person's routes are tried"),
    "paging.routes_spent": N_("found no route left to a person"),
    "paging.step_decided": N_("decided step {number} of a page"),
    "paging.switch_heard": N_("heard {name} again"),
    "paging.switch_revoked": N_("stopped listening for {name}"),
    "paging.switch_silent": N_("noticed that {name} has fallen silent"),
    "paging.wrong_person": N_("refused an answer to a page from the wrong person"),
    "proof.verdict_changed": N_("proof of {item}: {is}"),
    "regime.clause_changed": N_("changed a clause of the regimes"),
    "watch.closed": N_("closed a watch"),
    "watch.opened": N_("opened a watch"),
    "watch.planned": N_("planned a watch"),
    "watch.window_moved": N_("moved a watch's window"),
    "assignment.stated": N_("stated of obligation {item}: {verdict}"),
    "campaign.amended": N_("sent a later directive in the place of an earlier one"),
    "campaign.arrived": N_("received the directive {number} “{subject}” from another Vigil"),
    "campaign.called": N_("telephoned an organisation that was silent"),
    "campaign.carried": N_("carried a campaign to its recipients"),
    "recipient.sent_again": N_("sent a directive once more"),
    "campaign.chased": N_("chased the silent by the rule {rule}: {reminded} reminded, {to_call} to call"),
    "campaign.chosen": N_("chose the recipients of a campaign: {recipients}"),
    "campaign.closed": N_("closed a campaign"),
    "campaign.delivered": N_("saw a directive delivered to {recipients} organisations"),
    "campaign.drafted": N_("prepared a campaign"),
    "campaign.sent": N_("sent a directive to {recipients} organisations"),
    "campaign.withdrawn": N_("withdrew a directive"),
    "drill.answered": N_("answered a drill at the desk"),
    "drill.ended": N_("ended a drill: {silent} silent"),
    "drill.reported": N_("reported on a drill"),
    "drill.started": N_("started a drill of the contact points"),
    "exchange.kept": N_("kept an object of another Vigil"),
    "guest.challenged": N_("sent a confirmation code to a guest"),
    "guest.entered": N_("came in by a guest link"),
    "guest.links_made": N_("made {count} guest links"),
    "guest.revoked": N_("revoked {links} guest links"),
    "guest.totp_set_up": N_("set up an authenticator for a guest link"),
    "recipient.accepted": N_("accepted a directive"),
    "recipient.attached": N_("attached a file to an answer"),
    "recipient.moved_home": N_("sent a directive on to an organisation's new home"),
    "recipient.delivered": N_("noted that a directive was delivered"),
    "recipient.read": N_("confirmed reading a directive"),
    "recipient.refused": N_("refused a directive"),
    "recipient.rolled_up": N_("reported what its own addressees answered: {organisations} organisations"),
    "watch.checked_in": N_("checked in: {statements} statements hold on"),
    "exchange.clock_off": N_("noticed that the clock of {name} is off by {seconds} s"),
    "exchange.code_failed": N_("got a wrong enrolment code ({count} of 5)"),
    "exchange.code_made": N_("made an enrolment code"),
    "exchange.enrolment_asked": N_("received an enrolment from {name}; both screens are to be compared"),
    "exchange.enrolment_sent": N_("sent an enrolment to {name}; both screens are to be compared"),
    "exchange.journal_forked": N_("noticed that {name} tells another history: entry {sequence} of its journal changed"),
    "exchange.journal_shortened": N_("noticed that the journal of {name} went back to entry {sequence}"),
    "exchange.key_replaced": N_("changed the key of a link"),
    "exchange.linked": N_("linked with {name}"),
    "exchange.match_denied": N_("found that the screens differ, and refused the link with {name}"),
    "exchange.outage_began": N_("noticed that the link with {name} is cut"),
    "exchange.outage_ended": N_("noticed that the link with {name} is up again, after {seconds} s"),
    "exchange.page_taken": N_("took {count} objects of {alias} from {name} ({refused} refused)"),
    "exchange.quarantined": N_("put aside an object of {name}: {code}"),
    "exchange.refused_there": N_("heard that {name} refused an object: {reason}"),
    "exchange.restored_noticed": N_("noticed that {side} was restored from a backup ({name}): {count} messages"),
    "exchange.revoked": N_("ended the link with {name}"),
    "exchange.revoked_there": N_("heard from {name} that it ended the link"),
    "exchange.token_renewed": N_("got a fresh token from {name}"),
}


def sentence_of(entry: Entry) -> Phrase:
    """The phrase for an entry; an action without one is shown by its code."""
    wording = SENTENCES.get(entry.action)
    if wording is None:
        return Phrase("{action}", {"action": entry.action})
    return Phrase(wording, _Filled("…", {name: _plain(name, value) for name, value in entry.facts.items()}))


WORDS: dict[str, dict[str, Any]] = {  # choices that facts hold, by the fact's name
    "role": dict(Role.choices),
    "channel": dict(ChannelKind.choices),
    "by": {"link": _("link"), "code": _("code"), "password": _("password"), "passkey": _("passkey")},
    "factor": {
        "none": _("none"),
        "totp": _("authenticator app"),
        "webauthn": _("passkey"),
        "recovery_codes": _("recovery code"),
        "provider": _("at the provider"),
    },
    "side": {"here": _("this side"), "there": _("the other side")},
    "language": {"vi": "Tiếng Việt", "en": "English"},
    "how": dict(How.choices),
    "place": dict(Place.choices),
    "origin": dict(Origin.choices),
    "use": dict(KeyUse.choices),
    "posture": dict(Posture.choices),
    "to": {"on": _("on"), "off": _("off"), "profile": _("as the profile says")},
}


def instant_of(value: Any) -> datetime | None:
    """The instant that a fact holds as ISO 8601, if it does."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


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
    "factor",
    "source",
    "channel",
    "label",
    "service",
    "is",
    "language",
    "verdict",
    "rule",
    "reminded",
    "to_call",
    "recipients",
    "silent",
    "links",
    "organisations",
    "statements",
    "alias",
    "tlp",
    "refused",
    "seconds",
    "sequence",
    "code",
    "reason",
    "side",
    "at",
    "due_at",
    "how",
    "place",
    "origin",
    "use",
    "people",
    "shifts",
    "came",
    "closed",
    "placed",
    "open",
    "key",
    "title",
    "posture",
    "rules_before",
    "rules_after",
    "to",
    "added",
    "changed",
    "retired",
    "found",
    "raised",
)


def _plain(name: str, value: Any) -> Any:
    if name in ("at", "due_at"):
        return instant_of(value) or value
    if name == "title" and isinstance(value, str):
        return title_known(value)
    if name in WORDS and isinstance(value, str):
        return WORDS[name].get(value, value)
    if name == "verdict" and value in AlertVerdict.values:
        return AlertVerdict(value).label
    if name in ("is", "verdict") and isinstance(value, str) and value in set(Verdict):
        return Phrase(Verdict(value).label)
    if isinstance(value, dict) and "is" in value:
        return value["is"]
    return ", ".join(map(str, value)) if isinstance(value, list) else value
