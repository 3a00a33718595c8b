"""Addresses of detection."""

from django.urls import path

from vigil.faces.web.detection import alerts, events, hunts, own_rules, queue, rule_sets, rules, sources, suppressions

urlpatterns = [
    path("alerts/", queue.queue, name="alerts"),
    path("alerts/many/", queue.many, name="alerts_many"),
    path("alerts/call/", alerts.call, name="call"),
    path("alerts/<uuid:pk>/", alerts.alert, name="alert"),
    path("alerts/<uuid:pk>/take/", queue.take_one, name="alert_take"),
    path("alerts/<uuid:pk>/<slug:what>/", alerts.act, name="alert_act"),
    path("events/", events.events, name="stored_events"),
    path("events/one/", events.event, name="stored_event"),
    path("suppressions/", suppressions.suppressions, name="suppressions"),
    path("suppressions/new/", suppressions.new, name="suppression_new"),
    path("suppressions/<uuid:pk>/lift/", suppressions.lift_one, name="suppression_lift"),
    path("sources/", sources.sources, name="sources"),
    path("sources/new/", sources.new, name="source_new"),
    path("sources/<uuid:pk>/", sources.source, name="source"),
    path("sources/<uuid:pk>/token/", sources.token, name="source_token"),
    path("sources/<uuid:pk>/retire/", sources.retire, name="source_retire"),
    path("rules/", rules.rules, name="rules"),
    path("rules/import/", rule_sets.import_set, name="rule_set"),
    path("rules/new/", own_rules.new, name="own_rule_new"),
    path("rules/posture/", rules.posture, name="posture"),
    path("rules/profile/<slug:posture>/", rules.profile, name="profile"),
    path("rules/<uuid:pk>/", rules.rule, name="rule"),
    path("rules/<uuid:pk>/switch/", rules.switch, name="rule_switch"),
    path("rules/<uuid:pk>/edit/", own_rules.edit, name="own_rule"),
    path("rules/<uuid:pk>/test/", own_rules.test, name="rule_test"),
    path("rules/<uuid:pk>/tested/<uuid:hunt>/", own_rules.judge, name="own_rule_judge"),
    path("rules/<uuid:pk>/retire/", own_rules.retire, name="own_rule_retire"),
    path("hunts/", hunts.hunts, name="hunts"),
    path("hunts/new/", hunts.new, name="hunt_new"),
    path("hunts/<uuid:pk>/", hunts.hunt, name="hunt"),
    path("hunts/<uuid:pk>/stop/", hunts.stop, name="hunt_stop"),
    path("indicators/", hunts.indicators, name="indicators"),
    path("indicators/<uuid:pk>/retire/", hunts.retire, name="indicators_retire"),
]
