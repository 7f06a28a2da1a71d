"""SQLite under the servers: a file, copied for every run."""

import json
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

import fill
import load
import names
import processes
import sqlite_limit
from kessai import Kessai
from paths import TOOLS
from statements import Roles


@dataclass
class SQLiteRound:
    """A copy of a filled database, for one run."""

    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    @property
    def peer_url(self) -> str:
        return f"sqlite:///{self.path}"

    def value(self, sql: str):
        database = sqlite3.connect(self.path, timeout=30)
        try:
            return database.execute(sql).fetchone()[0]
        finally:
            database.close()

    def cpu_seconds(self) -> float:
        """SQLite runs inside the server."""
        return 0


class SQLiteEngine:
    """Filled databases by name, and what SQLite itself can do."""

    name = "SQLite"
    spare = 0
    about = f"SQLite {sqlite3.sqlite_version}, journal_mode=WAL, synchronous=FULL"

    def __init__(self, kessai: Kessai, folder: Path):
        self.kessai, self.folder = kessai, folder
        self.base = folder / "base.db"
        kessai.prepare(f"sqlite:///{self.base}", folder)
        self.installation = SQLiteRound(self.base).value("SELECT id FROM installation")

    def fill(self, name: str, orders: names.Orders) -> None:
        path = shutil.copy(self.base, self.folder / f"{name}.db")
        database = sqlite3.connect(path)
        password_hash = database.execute("SELECT password_hash FROM users").fetchone()[0]
        for table, columns in fill.TABLES.items():
            marks = ", ".join("?" for _ in columns.split(","))
            database.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})", fill.rows(table, orders, password_hash))
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def fresh(self, name: str) -> SQLiteRound:
        for old in self.folder.glob("round.db*"):
            old.unlink()
        return SQLiteRound(Path(shutil.copy(self.folder / f"{name}.db", self.folder / "round.db")))

    def kept(self, name: str) -> SQLiteRound:
        """The filled database itself."""
        return SQLiteRound(self.folder / f"{name}.db")

    def learn(self, name: str, orders: names.Orders, payload_of, first: int, send) -> None:
        """Takes the statements of one event, which `send` sends, for the limit of the events from `first` on."""
        round, trace = self.fresh(name), self.folder / "trace.txt"
        preload = str(TOOLS / "sqltrace.so")
        with self.kessai.serve(round.url, self.folder, preload, SQLTRACE_FILE=str(trace), JOBS_IN_SERVE="false") as server:
            send(server.port)
        number = orders.numbers[0]
        roles = Roles(orders, number, payload_of(number))
        self.statements = roles.templates(sqlite_limit.read_trace(trace, names.event(number)))
        trace.unlink()
        self.limit_of = name
        sqlite_limit.write(self.folder / "limit.bin", self.statements, orders, orders.numbers[first:], payload_of)

    def limits(self) -> dict:
        return {"bare loop, 64 a commit": lambda seconds: self.limit_round(64, seconds)}

    def limit_round(self, batch: int, seconds: float, preload: str = "") -> tuple[dict, SQLiteRound]:
        """One run of the limit: what it did, and where."""
        round = self.fresh(self.limit_of)
        env = processes.environment(**({"LD_PRELOAD": preload} if preload else {}))
        words = [TOOLS / "sqlite-limit", round.path, self.folder / "limit.bin", str(batch), str(seconds)]
        done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise load.Unfit(f"sqlite-limit: {done.stderr}")
        return json.loads(done.stdout), round

    def close(self) -> None:
        pass
