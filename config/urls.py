"""Every address of the project, by app."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from apikeys import api, description, health

handler400 = "apikeys.problem.bad_request"
handler403 = "apikeys.problem.permission_denied"
handler404 = "apikeys.problem.not_found"
handler500 = "apikeys.problem.server_error"

urlpatterns = [
    path("", RedirectView.as_view(url="/console/")),
    # People leave the last slash out. Not the query: what somebody took for a place for a secret
    # is not repeated.
    re_path(
        r"^(?P<page>(?:console|admin)(?:/.*[^/])?)$",
        RedirectView.as_view(url="/%(page)s/", http_method_names=["get", "head"]),
    ),
    path("console/", include("apikeys.urls")),
    path("console/", include("history.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    re_path(r"^api/schema/?$", description.Description.as_view(), name="schema"),
    re_path(r"^api/docs/?$", description.docs, name="docs"),
    path("api/v1/", include("apikeys.api_urls")),
]
if apps.is_installed("storefront"):
    urlpatterns += [path("", include("storefront.urls"))]
# A line break can stand in a path too; "." would let such a path slip past the gate.
urlpatterns += [re_path(r"^(?:api|wp-json)(?:/[\s\S]*)?$", api.Nowhere.as_view())]
