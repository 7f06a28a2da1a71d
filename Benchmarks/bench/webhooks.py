"""Webhook ingestion on SQLite: the server, and what SQLite can do, in turns."""

import json
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import books
import fill
import load
import names
import processes
import sqlite_limit
import statements
from kessai import Kessai


class SQLiteWebhooks:
    """A filled database that every round copies, and the statements of one event."""

    def __init__(self, kessai: Kessai, tools: Path, benchmarks: Path, folder: Path, orders: int, warm: int = 500):
        self.kessai, self.tools, self.folder = kessai, tools, folder
        self.orders, self.warm = orders, warm
        self.options = load.webhook_options(benchmarks)
        self.template = folder / "template.db"
        self.rows = folder / "rows.tsv"
        self.numbers = range(names.FIRST_NUMBER, names.FIRST_NUMBER + orders + warm)
        kessai.prepare(f"sqlite:///{self.template}", folder)
        fill.sqlite(str(self.template), self.numbers)
        self.installation = fill.installation(str(self.template))
        load.write_rows(self.rows, self.numbers, self.installation)
        self.event_template = (benchmarks / "event.json").read_text()
        self.statements = self._trace()
        self.limit_file = folder / "limit.bin"
        sqlite_limit.write(self.limit_file, self.statements, self.numbers[warm:], self.payload)

    def payload(self, number: int) -> str:
        text = self.event_template
        for place, field in enumerate([*names.row(number), self.installation]):
            text = text.replace(f"{{{place + 1}}}", field)
        return text

    def fresh_copy(self) -> Path:
        for old in self.folder.glob("round.db*"):
            old.unlink()
        return Path(shutil.copy(self.template, self.folder / "round.db"))

    def _trace(self) -> list[statements.Statement]:
        database, trace = self.fresh_copy(), self.folder / "trace.txt"
        url = f"sqlite:///{database}"
        preload = str(self.tools / "sqltrace.so")
        with self.kessai.serve(url, self.folder, preload, SQLTRACE_FILE=str(trace), JOBS_IN_SERVE="false") as server:
            load.run(self.tools, server.port, self.rows, *self.options, count=1, connections=1)
        return statements.of_sqlite(trace, self.numbers[0], self.payload(self.numbers[0]))

    def serve_round(self, connections: int = 32, repeats: bool = False, preload: str = "", **settings: str) -> dict:
        """One run with a fresh copy; checked."""
        database = self.fresh_copy()
        options = [*self.options, "--twins", "15", "--later", "15"] if repeats else self.options
        with self.kessai.serve(f"sqlite:///{database}", self.folder, preload, **settings) as server:
            load.run(self.tools, server.port, self.rows, *self.options, count=self.warm, connections=connections)
            begin = processes.cpu_seconds(server.pid)
            result = load.run(
                self.tools, server.port, self.rows, *options, first=self.warm, count=self.orders, connections=connections)
            result["cpu_us"] = (processes.cpu_seconds(server.pid) - begin) * 1e6 / result["requests"]
            result["memory_kib"] = processes.memory_kib(server.pid, "VmHWM")
        self.check(database, self.warm + self.orders)
        return result

    def limit_round(self, batch: int = 64, preload: str = "") -> dict:
        database = self.fresh_copy()
        env = processes.environment(LD_PRELOAD=preload) if preload else processes.environment()
        done = subprocess.run([self.tools / "sqlite-limit", database, self.limit_file, str(batch)], env=env,
                              capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise load.Unfit(f"sqlite-limit: {done.stderr}")
        self.check(database, self.orders, self.warm)
        return json.loads(done.stdout)

    def check(self, path: Path, paid: int, skipped: int = 0) -> None:
        database = sqlite3.connect(path)
        try:
            books.check(lambda sql: database.execute(sql).fetchone()[0], self.numbers[skipped], paid, names.AMOUNT)
        finally:
            database.close()
