"""Addresses of campaigns, of the call list, and of what was received."""

from django.urls import path

from vigil.faces.web.campaigns.views import calls, campaigns, drills, received, recipients

urlpatterns = [
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("directives/<uuid:pk>/campaign/", campaigns.new, name="campaign_new"),
    path("campaigns/<uuid:pk>/", campaigns.campaign, name="campaign"),
    path("campaigns/<uuid:pk>/choose/", campaigns.choose_recipients, name="campaign_choose"),
    path("campaigns/<uuid:pk>/send/", campaigns.send, name="campaign_send"),
    path("campaigns/<uuid:pk>/amend/", campaigns.amend, name="campaign_amend"),
    path("campaigns/<uuid:pk>/end/", campaigns.end, name="campaign_end"),
    path("campaigns/<uuid:pk>/calls/", calls.calls, name="campaign_calls"),
    path("calls/<uuid:pk>/", calls.call, name="call"),
    path("recipients/<uuid:pk>/", recipients.recipient, name="recipient"),
    path("recipients/<uuid:pk>/enter/", recipients.enter, name="recipient_enter"),
    path("recipients/<uuid:pk>/letter/", recipients.letter, name="recipient_letter"),
    path("recipients/<uuid:pk>/again/", recipients.again, name="recipient_again"),
    path("recipients/<uuid:pk>/revoke/", recipients.revoke, name="recipient_revoke"),
    path("attachments/<uuid:pk>/", recipients.attachment, name="attachment"),
    path("campaigns/<uuid:pk>/drill/", drills.start, name="campaign_drill"),
    path("drills/<uuid:pk>/", drills.drill, name="drill"),
    path("received/", received.received, name="received"),
    path("received/<uuid:pk>/", received.one, name="received_one"),
    path("received/<uuid:pk>/relay/", received.relay, name="received_relay"),
]
