"""Correcting a draft and confirming it. Nothing is confirmed silently, and two people cannot both be first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from vigil.domain.directives.models import Directive, DirectiveState, Obligation, ObligationKind
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

EDITABLE = frozenset(
    {
        "kind", "issuer", "issuer_parent", "number", "number_missing_serial", "place", "issued_on", "subject",
        "window_event", "window_start", "window_end", "signatory_authority", "signatory_title", "signatory_name",
        "addressees", "recipients", "cves", "products", "vuln_references", "deadlines", "contacts", "refs",
    }
)  # fmt: skip
SCOPE_CODE = "*"
SCOPE_WORDS = "hệ thống thông tin quan trọng"


def _claim(directive: Directive, version: int) -> None:
    """Take the draft at `version` for a change, or say who was first."""
    taken = Directive.objects.filter(pk=directive.pk, version=version, state=DirectiveState.DRAFT).update(
        version=F("version") + 1
    )
    if taken:
        directive.refresh_from_db()
        return
    directive.refresh_from_db()
    if directive.state != DirectiveState.DRAFT:
        raise Conflict(
            "directive.already_confirmed",
            N_("{who} has already confirmed this directive."),
            who=directive.confirmed_by or "?",
        )
    raise Conflict(
        "directive.changed_meanwhile",
        N_("Somebody changed this draft meanwhile. Look at it again, then repeat."),
    )


@transaction.atomic
def correct(
    *,
    directive: Directive,
    version: int,
    changes: Mapping[str, Any],
    obligations: Sequence[Mapping[str, Any]] | None,
    actor: Actor,
    now: datetime,
) -> Directive:
    """Change fields of a draft, and its obligations when a list is given (code, kind, audience, text, deadline_at).

    Raises: Conflict `directive.already_confirmed`, `directive.changed_meanwhile`; Refused `input.invalid`.
    """
    unknown = set(changes) - EDITABLE
    if unknown:
        raise Refused("input.invalid", N_("Not saved: {faults}"), faults=", ".join(sorted(unknown)))
    _claim(directive, version)
    edited = [name for name, value in changes.items() if getattr(directive, name) != value]
    for name in edited:
        setattr(directive, name, changes[name])
        directive.origins[name] = "edited"
    if "number" in edited:
        directive.number = directive.number.strip()
        directive.number_missing_serial = bool(directive.number) and not directive.number[0].isdigit()
    try:
        directive.full_clean(exclude={field.name for field in directive._meta.fields} - EDITABLE)
    except ValidationError as error:
        faults = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise Refused("input.invalid", N_("Not saved: {faults}"), faults=faults) from error
    directive.save()
    replaced = _replace_obligations(directive, obligations) if obligations is not None else False
    if edited or replaced:
        record(
            actor=actor,
            now=now,
            action="directive.corrected",
            subject=f"directives.directive:{directive.id}",
            organisation=directive.organisation_id,
            facts={"fields": sorted(edited), "obligations": replaced},
        )
    return directive


def _replace_obligations(directive: Directive, wanted: Sequence[Mapping[str, Any]]) -> bool:
    keys = ("code", "kind", "audience", "text", "deadline_at")
    before = [tuple(getattr(item, key) for key in keys) for item in directive.obligations.filter(derived=False)]
    wanted = [{**item, "text": str(item.get("text") or "").replace("\r\n", "\n")} for item in wanted]
    after = [tuple(item.get(key) or (None if key == "deadline_at" else "") for key in keys) for item in wanted]
    if before == after:
        return False
    codes = [row[0] for row in after]
    if len(set(codes)) != len(codes) or not all(codes) or SCOPE_CODE in codes:
        raise Refused("directive.item_codes", N_("Every obligation needs an item number of its own."))
    if any(row[1] not in ObligationKind.values or not row[3] for row in after):
        raise Refused("directive.item_words", N_("Every obligation needs a kind and its words."))
    directive.obligations.all().delete()
    for position, row in enumerate(after, start=1):
        Obligation.objects.create(directive=directive, position=position, **dict(zip(keys, row, strict=True)))
    directive.origins["obligations"] = "edited"
    directive.save(update_fields=["origins"])
    return True


@transaction.atomic
def confirm(*, directive: Directive, version: int, actor: Actor, now: datetime) -> Directive:
    """A named person stands for what was read. The scope "important systems", when named, becomes a row of its own.

    Raises: Conflict when another was first; Refused `directive.nothing_asked`, `directive.no_subject`.
    """
    _claim(directive, version)
    if not directive.subject.strip():
        raise Refused("directive.no_subject", N_("A directive needs a subject."))
    if not directive.obligations.exists():
        raise Refused(
            "directive.nothing_asked",
            N_("No obligation was read or entered; there is nothing to keep watch over."),
        )
    _make_scope_explicit(directive)
    directive.state = DirectiveState.CONFIRMED
    directive.confirmed_at, directive.confirmed_by = now, actor.name
    directive.save(update_fields=["state", "confirmed_at", "confirmed_by"])
    record(
        actor=actor,
        now=now,
        action="directive.confirmed",
        subject=f"directives.directive:{directive.id}",
        organisation=directive.organisation_id,
        facts={
            "number": directive.number,
            "subject": directive.subject,
            "obligations": [item.code for item in directive.obligations.all()],
        },
    )
    return directive


def _make_scope_explicit(directive: Directive) -> None:
    flat = " ".join(directive.dispatch.text.split())
    at = flat.casefold().find(SCOPE_WORDS)
    if at < 0 or directive.obligations.filter(kind=ObligationKind.IMPORTANT_SYSTEMS).exists():
        return
    starts = max(flat.rfind(". ", 0, at), flat.rfind(": ", 0, at), flat.rfind("; ", 0, at)) + 2
    ends = min((end for end in (flat.find(mark, at) for mark in (":", ";", ". ")) if end > 0), default=at + 200)
    Obligation.objects.create(
        directive=directive,
        position=0,
        code=SCOPE_CODE,
        kind=ObligationKind.IMPORTANT_SYSTEMS,
        audience="all",
        text=flat[max(0, starts if starts > 1 else 0) : ends].strip(),
        derived=True,
    )
