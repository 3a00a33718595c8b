"""Addresses of duty."""

from django.urls import path

from vigil.faces.web.duty.views import changing, posts, roster

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
]
