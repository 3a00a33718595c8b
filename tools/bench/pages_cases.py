"""Every page with its addresses. A page without a case fails the benchmark, so that a new one cannot be forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# page -> what is asked of it, after its own address; {1}, {middle}, {last} are pages of a list
LIST = ("", "?page={middle}", "?page={last}")
OF_HERE = "?organisation={organisation}"
DETECTION: dict[str, tuple[str, ...]] = {
    "alerts": (
        *(f"/alerts/{rest}" for rest in LIST),
        *(f"/alerts/?state=any&{page}" for page in ("", "page={middle}", "page={last}")),
        "/alerts/?state=overdue",
        "/alerts/?state=mine",
        "/alerts/?level=critical&kind=rule",
        "/alerts/?kind=silence",
        "/alerts/?source={source}&state=any",
        "/alerts/?q=khoa tu chay",
        "/alerts/?q=may-77&state=any",
        f"/alerts/{OF_HERE}",
    ),
    "alert": (*(f"/alerts/{{alert_many}}/{rest}" for rest in LIST), "/alerts/{alert}/", "/alerts/{alert_taken}/"),
    "call": ("/alerts/call/", f"/alerts/call/{OF_HERE}"),
    "stored_events": (
        f"/events/{OF_HERE}",
        f"/events/{OF_HERE}&q=&span=24h",
        f"/events/{OF_HERE}&q=chuong-trinh-7.exe&span=7d",
        f"/events/{OF_HERE}&q=EventID:4624 User:*nguoi3&span=7d",
        f"/events/{OF_HERE}&q=khongco&span=30d",
    ),
    "stored_event": (
        f"/events/one/{OF_HERE}&id={{event}}&at={{event_at}}%2B00:00&source={{event_source}}&day={{event_day}}",
    ),
    "suppressions": (
        *(f"/suppressions/{rest}" for rest in LIST),
        *(f"/suppressions/?over=1&{page}" for page in ("", "page={middle}", "page={last}")),
    ),
    "suppression_new": ("/suppressions/new/",),
    "sources": ("/sources/", "/sources/?q=tuong lua 77", "/sources/?q=cong web"),
    "source": ("/sources/{source}/",),
    "source_new": ("/sources/new/",),
    "rules": (
        *(f"/rules/{rest}" for rest in LIST),
        f"/rules/{OF_HERE}&state=running",
        f"/rules/{OF_HERE}&state=off&page={{middle}}",
        f"/rules/{OF_HERE}&state=unusable",
        f"/rules/{OF_HERE}&q=khoa tu chay&level=high&product=windows",
        "/rules/?q=T1110",
    ),
    "own_rule_new": ("/rules/new/",),
    "profile": ("/rules/profile/normal/", f"/rules/profile/highest/{OF_HERE}"),
    "rule": ("/rules/{rule}/", f"/rules/{{rule}}/{OF_HERE}", "/rules/{own_rule}/"),
    "own_rule": ("/rules/{own_rule}/edit/",),
    "hunts": tuple(f"/hunts/{rest}" for rest in LIST),
    "hunt": ("/hunts/{hunt}/", "/hunts/{hunt_running}/"),
    "hunt_new": ("/hunts/new/", "/hunts/new/?q=khoa tu chay"),
    "indicators": tuple(f"/indicators/{rest}" for rest in LIST),
}
ADMINISTRATOR: dict[str, tuple[str, ...]] = {
    "rule_set": ("/rules/import/",),
    "home": ("/",),
    "watch": ("/watches/{watch}/",),
    "wall": ("/watches/{watch}/wall/",),
    "start": ("/start/",),
    "dispatches": ("/dispatches/",),
    "dispatch_new": ("/dispatches/new/",),
    "directive": ("/directives/{directive_open}/", "/directives/{directive}/"),
    "watches": tuple(f"/watches/{rest}" for rest in LIST),
    "watch_close": ("/watches/{watch}/close/",),
    "assignment": ("/assignments/{assignment}/",),
    "campaigns": ("/campaigns/",),
    "campaign": (
        *(f"/campaigns/{{campaign}}/{rest}" for rest in LIST),
        "/campaigns/{campaign}/?state=accepted",
        "/campaigns/{campaign}/?late=1&home=guest",
        "/campaigns/{campaign}/?q=Mẫu 0123",
        "/campaigns/{draft}/",
    ),
    "campaign_end": ("/campaigns/{campaign}/end/",),
    "campaign_calls": tuple(f"/campaigns/{{campaign}}/calls/{rest}" for rest in LIST),
    "recipient": ("/recipients/{recipient}/", "/recipients/{guest_recipient}/"),
    "drill": (*(f"/drills/{{drill}}/{rest}" for rest in LIST), "/drills/{drill}/?outcome=silent"),
    "received": tuple(f"/received/{rest}" for rest in LIST),
    "received_one": ("/received/{recipient}/",),
    "mailbox": tuple(f"/mailbox/{rest}" for rest in LIST),
    "organisations": (
        *(f"/organisations/{rest}" for rest in LIST),
        "/organisations/?q=don vi 01234",
        "/organisations/?audience=bank&home=guest",
        "/organisations/?sort=name&page={middle}",
        "/organisations/?organisation={parent}",
    ),
    "organisation_new": ("/organisations/new/",),
    "organisation": ("/organisations/{organisation}/", "/organisations/{parent}/"),
    "organisation_edit": ("/organisations/{organisation}/edit/",),
    "unit_new": ("/organisations/{organisation}/units/new/",),
    "provider_new": ("/organisations/{organisation}/providers/new/",),
    "people": (
        *(f"/people/{rest}" for rest in LIST),
        "/people/?q=tran mau 12",
        "/people/?organisation={parent}",
        "/people/?sort=organisation&page={middle}",
    ),
    "person_new": ("/people/new/", "/people/new/?organisation={organisation}"),
    "person": ("/people/{person}/",),
    "person_edit": ("/people/{person}/edit/",),
    "contacts": (*(f"/contacts/{rest}" for rest in LIST), "/contacts/?q=truc ban 77", "/contacts/?state=untested"),
    "contact_new": ("/contacts/new/", "/contacts/new/?organisation={organisation}"),
    "contact": ("/contacts/{contact}/",),
    "contact_edit": ("/contacts/{contact}/edit/",),
    "systems": (*(f"/systems/{rest}" for rest in LIST), "/systems/?q=cong 77"),
    "system_new": ("/systems/new/",),
    "system": ("/systems/{system}/",),
    "system_edit": ("/systems/{system}/edit/",),
    "edge": tuple(f"/edge/{rest}" for rest in LIST),
    "edge_new": ("/edge/new/",),
    "edge_device": ("/edge/{edge}/",),
    "edge_edit": ("/edge/{edge}/edit/",),
    "organisations_import": ("/organisations/import/",),
    "people_import": ("/people/import/",),
    "contacts_import": ("/contacts/import/",),
    "systems_import": ("/systems/import/",),
    "edge_import": ("/edge/import/",),
    "links": tuple(f"/links/{rest}" for rest in LIST),
    "link_code": ("/links/code/",),
    "link_enrol": ("/links/enrol/",),
    "link": ("/links/{link}/",),
    "roster": ("/watches/{duty_watch}/roster/",),
    "roster_picture": ("/watches/{duty_watch}/roster/picture.svg",),
    "roster_look": ("/watches/{duty_watch}/roster/look/?row={duty_row}&person={duty_person}",),
    "roster_panel": tuple(
        f"/watches/{{duty_watch}}/roster/panel/?{rest}" for rest in ("row={duty_row}", "shift={duty_shift}")
    ),
    "post_new": ("/watches/{duty_watch}/posts/new/",),
    "post_edit": ("/posts/{post}/edit/",),
    "duty_people": ("/watches/{duty_watch}/duty-people/",),
    "member_edit": ("/duty-people/{member}/edit/",),
    "away_new": ("/duty-people/{member}/away/",),
    "duty_now": ("/watches/{duty_watch}/duty/",),
    "handover": ("/handovers/{handover}/",),
    "providers": ("/watches/{duty_watch}/providers/",),
    "regimes": ("/regimes/",),
    "clause": ("/regimes/{clause}/",),
    "journal": (
        *(f"/journal/{rest}" for rest in LIST),
        "/journal/?action=recipient",
        "/journal/?who=timekeeper",
        "/journal/?organisation={organisation_code}",
        "/journal/?subject=directives.campaign:{campaign}",
    ),
    "accounts": tuple(f"/accounts/{rest}" for rest in LIST),
    "account": ("/accounts/{account}/",),
    "me": ("/me/",),
    "tokens": ("/me/tokens/",),
    "sessions": ("/me/sessions/",),
    "mfa_index": ("/me/second-factor/",),
    "no_role": ("/me/no-role/",),
    "healthz": ("/healthz",),
    "health": ("/health/",),
    "pages": tuple(f"/pages/{rest}" for rest in LIST),
    "page": ("/pages/{page}/",),
    "policies": ("/pages/policies/",),
    "policy_new": ("/pages/policies/new/",),
    "policy": ("/pages/policies/{policy}/",),
    "my_routes": ("/pages/me/",),
    "routes": ("/people/{routed}/routes/",),
    "switches": ("/pages/switches/",),
}
ADMINISTRATOR |= DETECTION
OFFICER: dict[str, tuple[str, ...]] = {
    name: ADMINISTRATOR[name]
    for name in (
        "home", "watch", "wall", "start", "dispatches", "watches", "watch_close", "assignment", "campaigns",
        "received", "received_one", "mailbox", "organisation", "organisation_edit", "organisations", "people", "person",
        "person_new", "contacts", "contact_new", "systems", "system", "edge", "links", "regimes", "journal", "me",
        "health", "roster", "roster_look", "roster_panel", "duty_people", "duty_now", "handover", "providers",
        "pages", "policies", "switches", *DETECTION,
    )
}  # fmt: skip
OFFICER["organisation"] = ("/organisations/{organisation}/",)
# One's own shifts: the officer stands in a shift now; through the key of a message the same without an account.
SHIFTS = {
    "duty": "",
    "handover": "hand-over/{duty_shift}/",
    "takeover": "take-over/{handover_given}/",
    "swap": "swap/{duty_row}/",
}
OFFICER |= {f"my_{name}": (f"/duty/{rest}",) for name, rest in SHIFTS.items()}
# A lead of the authority: sees everything below it, by its place in the tree.
OVERSEER: dict[str, tuple[str, ...]] = {
    name: ADMINISTRATOR[name] for name in ("home", "watch", "wall", "pages", "health", *DETECTION)
}
GUEST: dict[str, tuple[str, ...]] = {
    "guest_home": ("/guest/?all=1",),
    "guest_received": ("/guest/received/{guest_recipient}/",),
    "guest_contact": ("/guest/contact/",),
    "guest_upload": ("/guest/lists/people/", "/guest/lists/systems/"),
}
NOBODY: dict[str, tuple[str, ...]] = {
    "guest_code": ("/g/",),
    "guest_link": ("/g/{guest_token}/",),
    "account_login": ("/sign-in/",),
    **{f"shift_{name}": (f"/shift/{{shifts_token}}/{rest}",) for name, rest in SHIFTS.items()},
    "screen": ("/screen/{screen_token}/",),
    "calendar_feed": ("/calendar/{calendar_token}.ics", "/calendar/{team_token}.ics"),
    "page_code": ("/p/",),
    "page_link": ("/p/{page_token}/",),
}
# Files to be kept, not pages to be looked at: measured, with a target of their own.
FILES: dict[str, tuple[str, ...]] = {
    **{
        f"{name}_{what}_{kind}": (f"/{name}/{what}.{kind}",)
        for name in ("organisations", "people", "contacts", "systems", "edge")
        for what in ("export", "template")
        for kind in ("csv", "xlsx")
    },
    "directive_original": ("/directives/{directive}/original/",),
    "duty_tree": ("/watches/{duty_watch}/telephone-tree.pdf",),
    "document_plan": ("/watches/{watch}/documents/plan.docx",),
    "document_report": ("/watches/{watch}/documents/report.docx",),
    "document_dispatch": ("/directives/{directive}/documents/dispatch.docx",),
}
# Pages that only a browser in the middle of something can ask for; each is measured where it begins.
ELSEWHERE = {
    "guest_factor", "contact_answer", "attachment", "guest_attachment", "guest_template", "document_request", "unit",
    "account_logout", "directive_page",
    # sign-in, and what asks for the password once more
    "mfa_authenticate", "mfa_login_webauthn", "account_reauthenticate", "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn", "openid_connect_login", "openid_connect_callback", "mfa_activate_totp",
    "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_add_webauthn",
    "mfa_remove_webauthn",
    "deadman", "deadman_fail",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One address, asked by one person."""

    page: str
    path: str
    who: str
    is_file: bool = False


def names() -> set[str]:
    """The name of every address of the web face."""
    return {str(pattern.name or pattern.pattern) for pattern in _patterns(get_resolver("vigil.faces.web.urls"))}


def _patterns(resolver: Any) -> Iterator[URLPattern]:
    for found in resolver.url_patterns:
        if isinstance(found, URLResolver):
            yield from _patterns(found)
        else:
            yield found


def only_posted() -> set[str]:
    """Addresses whose view refuses GET (its `require_POST`)."""
    return {
        str(pattern.name)
        for pattern in _patterns(get_resolver("vigil.faces.web.urls"))
        if not _takes_get(pattern.callback)
    }


def _takes_get(view: Any) -> bool:
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            held = cell.cell_contents
            if isinstance(held, list) and held and set(held) <= {"GET", "POST", "HEAD"} and "GET" not in held:
                return False
        view = getattr(view, "__wrapped__", None)
    return True


def forgotten() -> set[str]:
    """Pages that have no case."""
    known = {*ADMINISTRATOR, *OFFICER, *GUEST, *NOBODY, *FILES, *ELSEWHERE, *only_posted(), "set_language"}
    return names() - known


def cases(keys: dict[str, str]) -> list[Case]:
    """Every case; the addresses with {middle} and {last} still to be filled in by what the first page says."""
    found = []
    tables = {
        "administrator": ADMINISTRATOR, "officer": OFFICER, "overseer": OVERSEER, "guest": GUEST, "nobody": NOBODY,
    }  # fmt: skip
    for who, table in tables.items():
        found += [Case(name, path, who) for name, paths in table.items() for path in paths]
    found += [Case(name, path, "administrator", True) for name, paths in FILES.items() for path in paths]
    filled = {**keys, "middle": "{middle}", "last": "{last}"}
    return [Case(one.page, one.path.format(**filled), one.who, one.is_file) for one in found]
