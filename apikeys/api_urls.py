"""The API's own paths; with and without a trailing slash, because clients send both."""

from django.urls import re_path

from apikeys import api

urlpatterns = [
    re_path(r"^whoami/?$", api.WhoAmI.as_view(), name="whoami"),
    re_path(r"^stores/?$", api.StoreList.as_view(), name="stores"),
    re_path(r"^stores/(?P<store_id>[^/]+)/?$", api.StoreDetail.as_view(), name="store"),
]
