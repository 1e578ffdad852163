"""The console's pages about keys, API users, stores and changes; mounted at /console/."""

from django.urls import path

from apikeys.views import login
from apikeys.views.preferences import preferences

urlpatterns = [
    path("login/", login.Login.as_view(), name="login"),
    path("logout/", login.Logout.as_view(), name="logout"),
    path("preferences/", preferences, name="preferences"),
]
