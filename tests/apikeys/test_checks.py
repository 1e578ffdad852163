"""System checks: one setting or view wrong at a time, and the id that says so."""

import pytest
from django.core.checks import run_checks
from django.urls import path
from rest_framework.views import APIView

from apikeys.api import ProtectedView
from apikeys.call import ANY


def ids():
    return {message.id for message in run_checks() if str(message.id).startswith("apikeys.")}


def test_the_settings_of_the_tests_are_good():
    assert ids() == set()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"APIKEYS_PEPPERS": {}}, "apikeys.E001"),
        ({"APIKEYS_PEPPERS": {1: "ab" * 16}}, "apikeys.E002"),
        ({"APIKEYS_PEPPERS": {1: "no hexadecimal" * 9}}, "apikeys.E002"),
        ({"APIKEYS_SEALING_KEYS": ()}, "apikeys.E003"),
        ({"APIKEYS_SEALING_KEYS": ("not a key",)}, "apikeys.E003"),
        ({"TRUSTED_PROXIES": ("10.0.0.1/8",)}, "apikeys.E004"),
        ({"DEFAULT_RATE_LIMIT": "fast"}, "apikeys.E005"),
        ({"FAILED_ATTEMPT_LIMIT": "20 per minute"}, "apikeys.E005"),
        ({"FAILED_LOGIN_LIMIT": "a few"}, "apikeys.E005"),
        ({"APIKEYS_RESOURCES": ("any", "products")}, "apikeys.E006"),
        ({"APIKEYS_PRIVILEGED_RESOURCES": {"payments_debug": "apikeys.x"}}, "apikeys.E007"),
        ({"ALLOW_INSECURE_TRANSPORT": True}, "apikeys.W001"),
        ({"PUBLIC_URL": "https://keys.example.com"}, "apikeys.I001"),
    ],
)
def test_a_setting_that_would_weaken_the_gate_is_named(settings, wrong, expected):
    for name, value in wrong.items():
        setattr(settings, name, value)

    assert expected in ids()


class Nameless(ProtectedView):
    pass


class Misspelt(APIView):
    resource = "prodcuts"


class Open(APIView):
    authentication_classes = ()


class Named(APIView):
    resource = ANY


@pytest.mark.parametrize(
    ("view", "found"),
    [(Nameless, {"apikeys.E008"}), (Misspelt, {"apikeys.E008"}), (Open, set()), (Named, set())],
)
def test_a_protected_view_without_a_resource_is_named(settings, view, found):
    settings.ROOT_URLCONF = type("Addresses", (), {"urlpatterns": [path("x", view.as_view())]})

    assert ids() == found
