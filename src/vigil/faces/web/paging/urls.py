"""Addresses of paging."""

from django.urls import path

from vigil.faces.web.paging import door, pages, policies, routes, switches

urlpatterns = [
    path("pages/", pages.pages, name="pages"),
    path("pages/<uuid:pk>/", pages.page, name="page"),
    path("pages/<uuid:pk>/answer/", pages.answer, name="page_answer"),
    path("pages/<uuid:pk>/told/", pages.told, name="page_told"),
    path("pages/<uuid:pk>/revoke/", pages.revoke, name="page_revoke"),
    path("pages/policies/", policies.policies, name="policies"),
    path("pages/policies/new/", policies.policy, name="policy_new"),
    path("pages/policies/<uuid:pk>/", policies.policy, name="policy"),
    path("pages/policies/<uuid:pk>/retire/", policies.retire, name="policy_retire"),
    path("pages/me/", routes.mine, name="my_routes"),
    path("people/<uuid:pk>/routes/", routes.routes, name="routes"),
    path("routes/<uuid:pk>/change/", routes.change, name="route_change"),
    path("pages/switches/", switches.switches, name="switches"),
    path("pages/switches/<uuid:pk>/revoke/", switches.revoke, name="switch_revoke"),
    path("p/", door.code, name="page_code"),
    path("p/<str:token>/", door.link, name="page_link"),
    path("deadman/<str:token>", switches.ping_here, name="deadman"),
    path("deadman/<str:token>/fail", switches.fail_here, name="deadman_fail"),
]
