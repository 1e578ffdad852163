import pytest

from tests import live, servers
from tests.faults.proxy import SlowProxy


@pytest.fixture(scope="session")
def redis():
    """A Redis server that tests may stop, and start again before they end."""
    servers.require("redis-server")
    with servers.redis() as server:
        yield server


@pytest.fixture(scope="session")
def proxy(redis):
    """The way on which ``redis_console`` reaches Redis."""
    proxy = SlowProxy(redis.port)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="session")
def redis_console(live_databases, proxy, tmp_path_factory):
    """A real server that counts in Redis."""
    console = live.Console(
        live_databases,
        tmp_path_factory.mktemp("redis-console"),
        REDIS_URL=f"redis://{proxy.address}/0",
    )
    yield console
    console.stop()
