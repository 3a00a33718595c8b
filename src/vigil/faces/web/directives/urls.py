"""Addresses of the dispatch, directive and watch pages."""

from django.urls import path

from vigil.faces.web.directives.views import receive, review, watches

urlpatterns = [
    path("dispatches/", receive.dispatches, name="dispatches"),
    path("dispatches/new/", receive.receive, name="dispatch_new"),
    path("directives/<uuid:pk>/", review.directive, name="directive"),
    path("directives/<uuid:pk>/save/", review.save, name="directive_save"),
    path("directives/<uuid:pk>/link/", review.link, name="directive_link"),
    path("directives/<uuid:pk>/original/", receive.original, name="directive_original"),
    path("directives/<uuid:pk>/pages/<int:page>.png", receive.picture, name="directive_page"),
    path("directives/<uuid:pk>/watch/", watches.plan_and_open, name="watch_new"),
    path("watches/", watches.watches, name="watches"),
    path("watches/<uuid:pk>/open/", watches.open_planned, name="watch_open"),
    path("watches/<uuid:pk>/window/", watches.move, name="watch_move"),
    path("watches/<uuid:pk>/close/", watches.close, name="watch_close"),
    path("assignments/<uuid:pk>/", watches.assignment, name="assignment"),
]
