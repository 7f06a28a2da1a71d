"""Many old events, put into the inbox by SQL alone. Their payloads are short, or ten million would fill the disk."""

import sqlite3
import sys
from pathlib import Path

COLUMNS = ("id, stripe_event_id, type, api_version, livemode, path, payload, state, outcome, order_id, "
           "stripe_created_at_ms, received_at_ms, processed_at_ms")
# Rows of one statement, so that progress can be shown.
STEP = 1_000_000
# A month before the orders of the benchmark.
OLD_MS = 1_750_000_000_000


def progress(done: int, count: int, where: str) -> None:
    print(f"{where}: {done:,} of {count:,} old events", file=sys.stderr, flush=True)


def fill_sqlite(path: Path, count: int) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000"):
        database.execute(f"PRAGMA {setting}").fetchall()
    for first in range(0, count, STEP):
        last = min(first + STEP, count)
        database.execute(
            f"""
            INSERT INTO webhook_events ({COLUMNS})
            WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {last})
            SELECT '019a0000-0004-7000-8000-' || printf('%012x', n), 'evt_3' || lower(hex(randomblob(12))),
                'payment_intent.succeeded', '2024-06-20', 0, '/api/payments/webhook', x'7b7d', 'applied', 'order_paid',
                '019a0000-0001-7000-8000-' || printf('%012x', n), {OLD_MS} + n, {OLD_MS} + n, {OLD_MS} + n
            FROM numbers
            """)
        progress(last, count, "SQLite")
    database.execute("PRAGMA journal_mode = WAL").fetchall()
    database.close()


def fill_postgres(url: str, count: int) -> None:
    """Without the indexes, which are made anew at the end."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        constraints = connection.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = 'webhook_events'::regclass AND contype IN ('p', 'u')").fetchall()
        indexes = connection.execute(
            "SELECT i.relname, pg_get_indexdef(x.indexrelid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
            "WHERE x.indrelid = 'webhook_events'::regclass "
            "AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid)").fetchall()
        for name, _ in constraints:
            connection.execute(f"ALTER TABLE webhook_events DROP CONSTRAINT {name}")
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for first in range(0, count, STEP):
            last = min(first + STEP, count)
            connection.execute(
                f"""
                INSERT INTO webhook_events ({COLUMNS})
                SELECT '019a0000-0004-7000-8000-' || lpad(to_hex(n), 12, '0'), 'evt_3' || substr(md5('old' || n), 1, 24),
                    'payment_intent.succeeded', '2024-06-20', 0, '/api/payments/webhook', '\\x7b7d', 'applied',
                    'order_paid', '019a0000-0001-7000-8000-' || lpad(to_hex(n), 12, '0'), {OLD_MS} + n, {OLD_MS} + n,
                    {OLD_MS} + n
                FROM generate_series({first}, {last - 1}) AS n
                """)
            progress(last, count, "PostgreSQL")
        connection.execute("SET maintenance_work_mem = '1GB'")
        for name, definition in constraints:
            connection.execute(f"ALTER TABLE webhook_events ADD CONSTRAINT {name} {definition}")
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM (FREEZE, ANALYZE) webhook_events")
