"""The look-up ``ip__within="203.0.113.0/24"``: whether a stored address lies in a network."""

from ipaddress import ip_network
from itertools import takewhile
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import GenericIPAddressField, Lookup
from django.db.models.sql.compiler import SQLCompiler

from apikeys.networks import contains

MOST_LISTED: Final = 256


@GenericIPAddressField.register_lookup
class Within(Lookup):
    """PostgreSQL compares addresses by itself (and finds them by index); SQLite asks us."""

    lookup_name = "within"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        return "%s", [value]

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        address, address_params = self.process_lhs(compiler, connection)
        network, network_params = self.process_rhs(compiler, connection)
        return f"{address} <<= {network}::inet", [*address_params, *network_params]

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        address, address_params = self.process_lhs(compiler, connection)
        network, network_params = self.process_rhs(compiler, connection)
        return f"within({address}, {network})", [*address_params, *network_params]


@GenericIPAddressField.register_lookup
class LedByWithin(Within):
    """The same as the condition by which rows are looked up, and not sifted in another order.

    SQLite then reads the addresses of a small network from an index, each by itself, and of a
    larger one a range of texts, out of which it asks us.
    """

    lookup_name = "led_by_within"

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        inside, inside_params = super().as_sqlite(compiler, connection)
        address, params = self.process_lhs(compiler, connection)
        network = ip_network(self.rhs)
        if network.num_addresses <= MOST_LISTED:
            every = [str(one) for one in network]
            return f"{address} IN ({', '.join(['%s'] * len(every))})", [*params, *every]
        beginning = common_beginning(self.rhs)
        if not beginning:
            return inside, inside_params
        after = beginning[:-1] + chr(ord(beginning[-1]) + 1)
        limits = [*params, beginning, *params, after]
        return f"({address} >= %s AND {address} < %s AND {inside})", [*limits, *inside_params]


def common_beginning(network: str) -> str:
    """How every address in a canonical network is spelt at first: "10.1." of 10.1.0.0/18."""
    address, _slash, length = network.partition("/")
    separator, size = (":", 16) if ":" in address else (".", 8)
    groups = address.split(separator)[: int(length) // size]
    if separator == ":":
        # A row of zeros is left out, and where the row ends is different in each address.
        groups = list(takewhile(lambda group: group not in ("", "0"), groups))
    return "".join(group + separator for group in groups)


def teach_sqlite(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """SQLite has no type for addresses; what contains what is decided by the gate's own code."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("within", 2, _within, deterministic=True)


def _within(ip: str | None, network: str) -> bool:
    return ip is not None and contains([network], ip)


connection_created.connect(teach_sqlite)
