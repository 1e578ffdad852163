import json

import pytest

from tests.calls import send
from tests.factories import APIKeyFactory


class Shop:
    """An integration at work: one key, calls on the paths of its own store, JSON both ways."""

    def __init__(self, client, key):
        self.client, self.key, self.store = client, key, key.api_user.store
        self.root = f"/api/v1/stores/{self.store.public_id}"

    def call(self, method, path, body=None, **options):
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        path = path if path.startswith("/") else f"{self.root}/{path}"
        return send(
            self.client,
            self.key,
            path,
            method=method,
            data="" if body is None else data,
            **options,
        )

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.call("PUT", path, body, **options)

    def patch(self, path, body=None, **options):
        return self.call("PATCH", path, body, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)


@pytest.fixture
def shop_of(client, db):
    """An integration with a key of these properties: ``shop_of(permission="read")``."""

    def make(**fields):
        return Shop(client, APIKeyFactory(**{"permission": "read_write"} | fields))

    return make


@pytest.fixture
def shop(shop_of):
    """An integration that may read and write everything but what is privileged."""
    return shop_of()
