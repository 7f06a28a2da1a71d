"""Sessions that write and sessions that read, on SQLite or PostgreSQL."""

import os
import time
import uuid

from sqlalchemy import create_engine, event
from sqlalchemy.orm import sessionmaker

URL = os.environ["DATABASE_URL"]
IS_SQLITE = URL.startswith("sqlite")


def _sqlite(begin: str, connections: int):
    engine = create_engine(URL, pool_size=connections, max_overflow=0, pool_timeout=60, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def connected(connection, _):
        # The driver's own beginning of transactions is too late for a snapshot, and takes the lock when it is too late.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -16384")

    @event.listens_for(engine, "begin")
    def begun(connection):
        connection.exec_driver_sql(begin)

    return engine


if IS_SQLITE:
    # SQLite has one writer: a second connection of this process would only wait in its busy handler.
    writing = _sqlite("BEGIN IMMEDIATE", 1)
    reading = _sqlite("BEGIN", 4)
else:
    writing = reading = create_engine(URL, pool_size=8, max_overflow=0, pool_timeout=60)

Writing = sessionmaker(writing, expire_on_commit=False)
Reading = sessionmaker(reading, expire_on_commit=False)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """An id that rises with time, so that primary keys are appended to (UUIDv7)."""
    milliseconds, chance = now_ms(), uuid.uuid4().int
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | (chance >> 50 & 0xFFF) << 64 | 2 << 62 | chance & (1 << 62) - 1))
