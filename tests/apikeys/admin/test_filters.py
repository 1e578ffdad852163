"""No filter, search, order or reference of a list leads to a digest."""

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session

from apikeys.admin.api_key import APIKeyAdmin
from apikeys.models import APIKey
from tests.back_office import listing, page
from tests.factories import APIKeyFactory

MODELS = [*admin.site._registry]
pytestmark = pytest.mark.usefixtures("superuser")


@pytest.mark.parametrize(
    "lookup",
    [
        *("secrets__digest__startswith", "secrets__digest", "secrets__sealed__contains"),
        *("secrets__pepper_id", "secrets__digest__regex", "secrets__id__exact"),
        *("api_user__owner__password__startswith", "consumer_key__startswith", "description"),
        *("api_user__store__name", "api_user__keys__secrets__digest__startswith", "pk__in"),
        *("permission__regex", "permission__in", "any_ip__gt", "submission", "password"),
    ],
)
def test_keys_are_filtered_by_the_declared_filters_only(client, lookup):
    APIKeyFactory()

    assert client.get(listing(APIKey), {lookup: "a"}).status_code == 400


@pytest.mark.parametrize("model", MODELS)
def test_no_list_is_filtered_by_a_column_of_its_own_choice(client, model):
    columns = [field.name for field in model._meta.fields]
    foreign = ["secrets__digest", "api_key__secrets__digest", "store__name", "user__password"]
    for lookup in [*columns, *foreign]:
        for ending in ("__startswith", "__regex", "__gt", "__in", "__range", "__id__startswith"):
            assert client.get(listing(model), {lookup + ending: "0"}).status_code == 400, lookup
    for name in ("digest", "sealed", "pepper_id", "key_digest", "password", "session_data"):
        assert client.get(listing(model), {name: "0"}).status_code == 400


@pytest.mark.parametrize("model", MODELS)
def test_no_search_field_order_or_column_is_a_digest(client, model):
    page = admin.site._registry[model]
    shown = [*page.list_display, *page.search_fields, *(page.sortable_by or ())]
    shown += [name for name in (page.fields or ()) if isinstance(name, str)]
    for text in ("digest", "sealed", "pepper", "password"):
        assert not [name for name in shown if text in str(name)]


def test_a_digest_that_is_searched_for_is_not_found(client):
    key = APIKeyFactory(signing=True)
    secret = key.secrets.get()

    for model in MODELS:
        for term in (secret.digest[:12], secret.sealed[:20]):
            response = client.get(listing(model), {"q": term})
            assert list(response.context["cl"].result_list) == []


@pytest.mark.parametrize("field", ["digest", "consumer_key", "secrets", "public_id", "password"])
def test_rows_are_referred_to_by_their_id_only(client, field):
    key = APIKeyFactory()

    assert client.get(listing(APIKey), {"_to_field": field}).status_code == 400
    assert client.get(f"{listing(APIKey)}{key.pk}/change/?_to_field={field}").status_code == 400


@pytest.mark.parametrize("what", ["change", "delete"])
def test_a_row_that_is_referred_to_by_no_field_is_found_by_its_id(client, what):
    key = APIKeyFactory(disabled=True)

    assert client.get(page(key, what), {"_to_field": ""}).status_code == 200


SENSELESS = (
    *("?o=99", "?o=-1.1.x", "?o=secrets__digest", "?p=99999999999999999999", "?p=-1", "?p=x"),
    *("?all=", "?_facets=True", "?_popup=1", "?e=1", "?q=" + "x" * 5000, "?q=%00", "?q=%ff"),
    *("?permission__exact=%00", "?permission__exact=nothing", "?any_ip__exact=9" + "9" * 30),
    *("?store=%00", "?status__exact=%00", "?status=x", "?state=x", "?any_ip__isnull=x"),
    *("?q=%ED%A0%80", "?q=%F0%9F%98%80"),
)


@pytest.mark.parametrize("model", MODELS)
def test_a_senseless_query_is_refused_or_passed_over(client, model):
    for query in SENSELESS:
        assert client.get(listing(model) + query).status_code in {200, 302, 400}, query


@pytest.mark.parametrize("odd", ["%00", "%ED%A0%80", "9" * 400])
def test_an_odd_identifier_is_no_mistake_of_ours(client, odd):
    """Under ``/r/`` Django looks for any model, and a session is named by text."""
    sessions = ContentType.objects.get_for_model(Session).pk

    # SQLite looks for a NUL and does not find it; PostgreSQL refuses to look.
    assert client.get(f"/admin/r/{sessions}/{odd}/").status_code in {400, 404}


def test_a_list_is_sorted_only_by_the_columns_that_are_declared(client):
    for description in ("a first", "then another"):
        APIKeyFactory(description=description)
    column = APIKeyAdmin.list_display.index("description") + 1

    shown = client.get(f"{listing(APIKey)}?o={column}").context["cl"].result_list

    assert [key.description for key in shown] == ["then another", "a first"]  # newest first
    column = APIKeyAdmin.list_display.index("date_added") + 1
    shown = client.get(f"{listing(APIKey)}?o={column}").context["cl"].result_list
    assert [key.description for key in shown] == ["a first", "then another"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=disabled", {"off"}),
        ("state=any_ip", {"wide"}),
        ("permission=write", {"wide"}),
        ("permission=read&state=enabled", {"plain"}),
        ("permission=nonsense", set()),
    ],
)
def test_the_list_of_keys_is_filtered_as_in_the_console(client, query, found):
    APIKeyFactory(description="plain", allowed_ips=["203.0.113.7"])
    APIKeyFactory(description="off", disabled=True)
    APIKeyFactory(description="wide", any_ip=True, permission="write")

    shown = client.get(f"{listing(APIKey)}?{query}").context["cl"].result_list

    assert {key.description for key in shown} == found


@pytest.mark.parametrize("model", MODELS)
def test_a_page_that_is_not_there_is_not_found(client, model):
    for name in ("0", "x", "9" * 40, "%00", "-1", "1%20or%201", "_3B", "%F0%9F"):
        for what in ("change", "history", "delete"):
            assert client.get(f"{listing(model)}{name}/{what}/").status_code == 404, name
