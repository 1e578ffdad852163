"""The console's forms as a browser sends them."""

from tests.back_office import filled_in


def edit(client, path, values):
    """Open the form of a record and send it with these values, and no others."""
    opened = filled_in(client.get(path)).get("opened", "")
    return client.post(path, values | {"opened": opened})
