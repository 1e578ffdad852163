"""The console's pages about calls; mounted at /console/ beside those of apikeys."""

from django.urls import path

from apikeys.urls import KEY
from history.views import attempts, calls, dashboard, incident

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("history/", calls.history, name="history"),
    path("history/export/", calls.history_export, name="history_export"),
    path("history/attempts/", attempts.attempts, name="history_attempts"),
    path(f"{KEY}history/", calls.key_history, name="key_history"),
    path(f"{KEY}history/export/", calls.key_history_export, name="key_history_export"),
    path("incident/", incident.incident, name="incident"),
    path("incident/<slug:incident_id>/", incident.report, name="incident_report"),
]
