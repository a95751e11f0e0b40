"""Statements that the database plans once a connection, and that run with nothing in between.

Only for PostgreSQL, and only for the fast path: Django's cursors check whether the connection is alive with a
round trip of its own, adapt every value anew and never prepare, which together costs more than the statement.
"""

from collections.abc import Mapping
from datetime import datetime
from select import POLLIN, poll
from typing import Any, cast
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from psycopg import pq
from psycopg.errors import error_from_result

TYPES = {str: 1043, int: 23, datetime: 1184}
"""OIDs of varchar, integer and timestamp with time zone; source: ``pg_type`` of PostgreSQL."""

# The statement is not (or no longer) there, as behind a pooler that gives each transaction another session.
_NOT_PREPARED = "26000"
_ALREADY_PREPARED = "42P05"


class PreparedStatement:
    """``sql`` with ``%(name)s`` for values; ``types`` gives the Python type of each."""

    def __init__(self, name: str, sql: str, types: Mapping[str, type]) -> None:
        self.name = name.encode()
        self.names = [key for key in types if f"%({key})s" in sql]
        placeholders = {key: f"${position}" for position, key in enumerate(self.names, 1)}
        self.sql = (sql % {key: placeholders.get(key) for key in types}).encode()
        self.oids = [TYPES[types[key]] for key in self.names]
        self._prepared: WeakKeyDictionary[psycopg.Connection[Any], bool] = WeakKeyDictionary()

    def row(self, values: Mapping[str, Any]) -> list[str | None] | None:
        """The first row as text, None without one. Raises Django's database errors, or ``StatementNotPrepared``."""
        with connection.wrap_database_errors:
            driver_connection = _live_connection()
            encoded = [None if values[name] is None else str(values[name]).encode() for name in self.names]
            result = self._run(driver_connection, encoded)
            if result.status != pq.ExecStatus.TUPLES_OK:
                self._raise_error(driver_connection, result)
            if not result.ntuples:
                return None
            return [_text(result.get_value(0, column)) for column in range(result.nfields)]

    # libpq's own stubs know no NULL among the values.
    def _run(self, driver_connection: psycopg.Connection[Any], encoded: Any) -> pq.abc.PGresult:
        if driver_connection.prepare_threshold is None:  # ``prepared_statements=off`` in the settings
            return driver_connection.pgconn.exec_params(self.sql, encoded, self.oids)
        if driver_connection not in self._prepared:
            self._prepare(driver_connection)
        return driver_connection.pgconn.exec_prepared(self.name, encoded)

    def _prepare(self, driver_connection: psycopg.Connection[Any]) -> None:
        result = driver_connection.pgconn.prepare(self.name, self.sql, self.oids)
        if result.status != pq.ExecStatus.COMMAND_OK and _state(result) != _ALREADY_PREPARED:
            self._raise_error(driver_connection, result)
        self._prepared[driver_connection] = True

    def _raise_error(self, driver_connection: psycopg.Connection[Any], result: pq.abc.PGresult) -> None:
        self._prepared.pop(driver_connection, None)
        if _state(result) == _NOT_PREPARED:
            raise StatementNotPrepared
        if driver_connection.pgconn.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError(driver_connection.pgconn.get_error_message())
        raise error_from_result(result)


class StatementNotPrepared(Exception):
    """The database forgot the statement, and has done nothing."""


def _live_connection() -> psycopg.Connection[Any]:
    """Django's connection of this thread, made anew where the server has hung up since it was last used.

    A server that went away has closed its end, which makes an idle socket readable: seen without a round trip.
    """
    connection.ensure_connection()
    if connection.in_atomic_block:
        # psycopg begins a transaction with the first statement it sees itself.
        with connection.cursor() as cursor:
            cursor.execute("SELECT")
    if _has_input(_driver_connection()) and not connection.is_usable():
        connection.close()
        connection.connect()
    return _driver_connection()


def _driver_connection() -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection)


def _has_input(driver_connection: psycopg.Connection[Any]) -> bool:
    """True if the server sent something unrequested: most likely that it closed the connection."""
    if driver_connection.closed:
        return True
    poller = poll()
    poller.register(driver_connection.pgconn.socket, POLLIN)
    return bool(poller.poll(0))


def _state(result: pq.abc.PGresult) -> str:
    return _text(result.error_field(pq.DiagnosticField.SQLSTATE)) or ""


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
