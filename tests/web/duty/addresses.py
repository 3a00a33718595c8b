"""Every address of duty with the key that it takes, so that tests can go over all of them."""

from django.apps import apps
from django.urls import reverse
from tests.web.duty.conftest import Room

# address name -> (whose key it takes, how it is used, whether a viewer may look)
THINGS = {
    "roster": ("watch", "GET", True),
    "roster_begin": ("watch", "POST", False),
    "roster_plan": ("watch", "POST", False),
    "roster_publish": ("watch", "POST", False),
    "roster_picture": ("watch", "GET", True),
    "roster_look": ("watch", "GET", False),
    "roster_panel": ("watch", "GET", False),
    "roster_change": ("watch", "POST", False),
    "roster_relieve": ("watch", "POST", False),
    "swap_approve": ("swap", "POST", False),
    "swap_refuse": ("swap", "POST", False),
    "post_new": ("watch", "BOTH", False),
    "post_edit": ("post", "BOTH", False),
    "post_retire": ("post", "POST", False),
    "screen_new": ("post", "POST", False),
    "screen_end": ("screen", "POST", False),
    "duty_people": ("watch", "GET", False),
    "duty_people_add": ("watch", "POST", False),
    "member_edit": ("member", "BOTH", False),
    "member_retire": ("member", "POST", False),
    "away_new": ("member", "BOTH", False),
    "leave_end": ("leave", "POST", False),
    "wish_end": ("wish", "POST", False),
    "duty_now": ("watch", "GET", True),
    "duty_tree": ("watch", "GET", True),
    "team_calendar": ("watch", "POST", False),
    "duty_attest": ("row", "POST", False),
    "handover": ("handover", "GET", True),
    "duty_key_revoke": ("key", "POST", False),
    "providers": ("watch", "GET", True),
    "provider_ask": ("watch", "POST", False),
    "provider_none": ("watch", "POST", False),
    "provider_sent": ("request", "POST", False),
    "provider_answer": ("request", "POST", False),
}
# part of the address -> (keys it takes besides the token, how it is used); signed in as "my_...", by a key "shift_..."
OWN = {
    "duty": ([], "GET"),
    "check_in": (["row"], "POST"),
    "handover": (["shift"], "BOTH"),
    "takeover": (["handover"], "BOTH"),
    "swap": (["later"], "BOTH"),
    "swap_answer": (["swap", "agree"], "POST"),
    "calendar": ([], "POST"),
}
SECRET = {"screen": "screen", "calendar_feed": "calendar"}


def own(room: Room, part: str, token: str = "", **instead: object) -> str:
    """The address of one's own pages, signed in or by a key."""
    keys = [instead.get(name, room.keys.get(name, name)) for name in OWN[part][0]]
    return reverse(f"{'shift' if token else 'my'}_{part}", args=[token, *keys] if token else keys)


def stored() -> list[object]:
    """Everything in this room but when a secret was last used, as values."""
    found = []
    for model in apps.get_app_config("duty").get_models():
        kept = [f.attname for f in model._meta.concrete_fields if f.name not in ("used_at", "seen_at")]
        found.append(list(model.objects.order_by("pk").values_list(*kept)))
    return found
