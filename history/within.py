"""The look-up ``ip__within="203.0.113.0/24"``: whether a stored address lies in a network."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import GenericIPAddressField, Lookup
from django.db.models.sql.compiler import SQLCompiler

from apikeys.networks import contains


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


def teach_sqlite(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """SQLite has no type for addresses; what contains what is decided by the gate's own code."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("within", 2, _within, deterministic=True)


def _within(ip: str | None, network: str) -> bool:
    return ip is not None and contains([network], ip)


connection_created.connect(teach_sqlite)
