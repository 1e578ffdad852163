"""Sessions belong to the console and the admin; nothing else reads or writes them."""

import pytest
from django.contrib.sessions.models import Session

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/whoami", "/api/nowhere", "/elsewhere"])
def test_a_session_is_neither_read_nor_written_outside_of_the_console(client, path):
    client.force_login(UserFactory(superuser=True))
    before = Session.objects.values().get()

    response = client.get(path)

    assert Session.objects.values().get() == before
    assert "sessionid" not in response.cookies
    assert response.wsgi_request.session.session_key is None


def test_the_admin_knows_who_is_logged_in(client):
    client.force_login(UserFactory(superuser=True))

    assert client.get("/admin/").status_code == 200
