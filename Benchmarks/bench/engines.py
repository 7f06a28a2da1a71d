"""The databases that a benchmark asks for."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from kessai import Kessai
from sqlite_engine import SQLiteEngine


@contextlib.contextmanager
def engines(which: str, kessai: Kessai, folder: Path) -> Iterator[list]:
    """`sqlite`, `postgres` or `both`; ended when the block is left."""
    found = []
    try:
        if which != "postgres":
            found.append(SQLiteEngine(kessai, folder))
        if which != "sqlite":
            # Needs a package that a benchmark of SQLite alone does without.
            from postgres_engine import PostgresEngine

            found.append(PostgresEngine(kessai, folder))
        yield found
    finally:
        for engine in found:
            engine.close()
