"""Addresses of duty."""

from django.urls import path

from vigil.faces.web.duty.views import changing, mine, posts, providers, roster, standing

urlpatterns = [
    path("watches/<uuid:pk>/roster/", roster.roster, name="roster"),
    path("watches/<uuid:pk>/roster/begin/", roster.begin, name="roster_begin"),
    path("watches/<uuid:pk>/roster/plan/", roster.plan_anew, name="roster_plan"),
    path("watches/<uuid:pk>/roster/publish/", roster.publish_now, name="roster_publish"),
    path("watches/<uuid:pk>/roster/picture.svg", roster.picture, name="roster_picture"),
    path("watches/<uuid:pk>/roster/look/", changing.look, name="roster_look"),
    path("watches/<uuid:pk>/roster/panel/", changing.panel, name="roster_panel"),
    path("watches/<uuid:pk>/roster/change/", changing.change, name="roster_change"),
    path("watches/<uuid:pk>/roster/relieve/", changing.relief, name="roster_relieve"),
    path("swaps/<uuid:pk>/approve/", changing.swap_approve, name="swap_approve"),
    path("swaps/<uuid:pk>/refuse/", changing.swap_refuse, name="swap_refuse"),
    path("watches/<uuid:pk>/posts/new/", posts.post_new, name="post_new"),
    path("posts/<uuid:pk>/edit/", posts.post_edit, name="post_edit"),
    path("posts/<uuid:pk>/retire/", posts.post_retire, name="post_retire"),
    path("posts/<uuid:pk>/screen/", posts.screen_new, name="screen_new"),
    path("screens/<uuid:pk>/end/", posts.screen_end, name="screen_end"),
    path("watches/<uuid:pk>/duty-people/", posts.people, name="duty_people"),
    path("watches/<uuid:pk>/duty-people/add/", posts.people_add, name="duty_people_add"),
    path("duty-people/<uuid:pk>/edit/", posts.member_edit, name="member_edit"),
    path("duty-people/<uuid:pk>/retire/", posts.member_retire, name="member_retire"),
    path("duty-people/<uuid:pk>/away/", posts.away_new, name="away_new"),
    path("leave/<uuid:pk>/end/", posts.away_end, {"kind": "leave"}, name="leave_end"),
    path("wishes/<uuid:pk>/end/", posts.away_end, {"kind": "wish"}, name="wish_end"),
    path("watches/<uuid:pk>/duty/", standing.now_page, name="duty_now"),
    path("watches/<uuid:pk>/telephone-tree.pdf", standing.tree, name="duty_tree"),
    path("watches/<uuid:pk>/calendar/", standing.team_calendar, name="team_calendar"),
    path("duty-rows/<uuid:pk>/attest/", standing.attest, name="duty_attest"),
    path("handovers/<uuid:pk>/", standing.hand_over, name="handover"),
    path("duty-keys/<uuid:pk>/revoke/", standing.key_revoke, name="duty_key_revoke"),
    path("screen/<str:token>/", standing.screen, name="screen"),
    path("calendar/<str:token>.ics", standing.calendar_feed, name="calendar_feed"),
    path("watches/<uuid:pk>/providers/", providers.providers, name="providers"),
    path("watches/<uuid:pk>/providers/ask/", providers.provider_ask, name="provider_ask"),
    path("watches/<uuid:pk>/providers/none/", providers.provider_none, name="provider_none"),
    path("provider-requests/<uuid:pk>/sent/", providers.provider_sent, name="provider_sent"),
    path("provider-requests/<uuid:pk>/answer/", providers.provider_answer, name="provider_answer"),
    *(
        path(f"{door}{rest}", view, name=f"{name}_{part}")
        for name, door in (("my", "duty/"), ("shift", "shift/<str:token>/"))
        for rest, view, part in (
            ("", mine.shifts, "duty"),
            ("check-in/<uuid:row>/", mine.here, "check_in"),
            ("hand-over/<uuid:shift>/", mine.hand_over, "handover"),
            ("take-over/<uuid:pk>/", mine.take_over, "takeover"),
            ("swap/<uuid:row>/", mine.swap, "swap"),
            ("swaps/<uuid:pk>/<slug:verb>/", mine.swap_answer, "swap_answer"),
            ("calendar/", mine.calendar, "calendar"),
        )
    ),
]
