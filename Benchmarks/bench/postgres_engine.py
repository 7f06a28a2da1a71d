"""PostgreSQL under the servers: a private one, with databases that are copied for every run."""

import math
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

import fill
import load
import names
import pgbench_limit
import processes
from kessai import Kessai
from paths import ROOT
from statements import Roles

PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
# The project's private server does without fsync; here it must not.
SETTINGS = {
    "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "shared_buffers": "512MB",
    "max_wal_size": "4GB", "logging_collector": "on", "log_destination": "jsonlog", "jit": "off",
}


@dataclass
class PostgresRound:
    """A copy of a filled database, for one run."""

    server: str
    name: str
    pid: int

    @property
    def url(self) -> str:
        return f"{self.server}/{self.name}"

    @property
    def peer_url(self) -> str:
        return self.url.replace("postgresql:", "postgresql+psycopg:")

    def value(self, sql: str):
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql).fetchone()[0]

    def cpu_seconds(self) -> float:
        """Of the database's own processes."""
        return processes.cpu_seconds(self.pid)


class PostgresEngine:
    """Filled databases by name, and what `pgbench` gets out of the same statements."""

    name = "PostgreSQL"
    # Orders that the limit needs beside a run's: its clients share them out, and warm up with some.
    spare = 12_000

    def __init__(self, kessai: Kessai, folder: Path):
        self.kessai, self.script, self.folder = kessai, ROOT / "scripts/postgres", folder / "postgres"
        self.folder.mkdir()
        self._chore("start")
        try:
            self.server = self._chore("url").rsplit("/", 1)[0]
            for name, value in SETTINGS.items():
                self._execute("postgres", f"ALTER SYSTEM SET {name} = '{value}'")
            self._chore("stop")
            self.server = self._chore("start").rsplit("/", 1)[0]
            with psycopg.connect(f"{self.server}/postgres") as connection:
                version = connection.execute("SHOW server_version").fetchone()[0].split()[0]
                self.data = Path(connection.execute("SHOW data_directory").fetchone()[0])
            self.about = f"PostgreSQL {version}, fsync=on, synchronous_commit=on, shared_buffers=512MB"
            self.pid = int((self.data / "postmaster.pid").read_text().split()[0])
            self._execute("postgres", "CREATE DATABASE base")
            kessai.prepare(f"{self.server}/base", folder)
            self.installation = PostgresRound(self.server, "base", self.pid).value("SELECT id FROM installation")
        except BaseException:
            self.close()
            raise

    def _chore(self, word: str) -> str:
        done = subprocess.run([self.script, word, self.folder], check=True, stdout=subprocess.PIPE, text=True, timeout=120)
        return done.stdout.strip()

    def _execute(self, database: str, sql: str) -> None:
        with psycopg.connect(f"{self.server}/{database}", autocommit=True) as connection:
            connection.execute(sql)

    def fill(self, name: str, orders: names.Orders) -> None:
        self._execute("postgres", f"CREATE DATABASE {name} TEMPLATE base")
        with psycopg.connect(f"{self.server}/{name}") as connection:
            password_hash = connection.execute("SELECT password_hash FROM users").fetchone()[0]
            for table, columns in fill.TABLES.items():
                with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in fill.rows(table, orders, password_hash):
                        copy.write_row(row)
        self._execute(name, "VACUUM (FREEZE, ANALYZE)")

    def fresh(self, name: str) -> PostgresRound:
        self._execute("postgres", "DROP DATABASE IF EXISTS round WITH (FORCE)")
        self._execute("postgres", f"CREATE DATABASE round TEMPLATE {name}")
        self._execute("postgres", "CHECKPOINT")
        return PostgresRound(self.server, "round", self.pid)

    def kept(self, name: str) -> PostgresRound:
        """The filled database itself."""
        return PostgresRound(self.server, name, self.pid)

    def learn(self, name: str, orders: names.Orders, payload_of, first: int, send) -> None:
        """Takes the statements of one event, which `send` sends, for the limit of the events from `first` on."""
        round = self.fresh(name)
        self._execute("postgres", "ALTER DATABASE round SET log_statement = 'all'")
        with self.kessai.serve(round.url, self.folder.parent, JOBS_IN_SERVE="false") as server:
            send(server.port)
        number = orders.numbers[0]
        end = time.monotonic() + 10
        while True:
            try:
                found = pgbench_limit.read_log(list((self.data / "log").glob("*.json")), names.event(number))
                break
            except (RuntimeError, ValueError):
                # The collector writes a little later.
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        payload = payload_of(number)
        self.statements = Roles(orders, number, "\\x" + payload.encode().hex()).templates(found)
        self.limit_of, self.limit_first, self.orders, self.payload = name, first, orders, payload

    def limits(self) -> dict:
        return {f"pgbench, {clients} clients": lambda seconds, clients=clients: self.limit_round(clients, seconds) for clients in (8, 32)}

    def limit_round(self, clients: int, seconds: float) -> tuple[dict, PostgresRound]:
        """One run of the limit: what it did, and where. A client that runs out of orders fails it."""
        round = self.fresh(self.limit_of)
        each = (len(self.orders.numbers) - self.limit_first) // clients
        first = self.orders.numbers[self.limit_first]
        script = self.folder / "limit.sql"
        script.write_text(pgbench_limit.script(self.statements, self.orders, first, each))
        length = math.ceil(seconds) + pgbench_limit.WARM_SECONDS
        words = [PGBENCH, "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-P", "1", "-T", str(length), "-f", script,
                 "-D", "i=-1", "-D", f"now={int(time.time() * 1000)}", "-D", "payload=\\x" + self.payload.encode().hex(), round.url]
        with subprocess.Popen(
                words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=processes.environment()) as pgbench:
            try:
                time.sleep(pgbench_limit.WARM_SECONDS)
                begin = round.cpu_seconds()
                output, told = pgbench.communicate(timeout=180)
            except BaseException:
                pgbench.kill()
                raise
        if pgbench.returncode != 0:
            raise load.Unfit(f"pgbench: {told[-2000:]}")
        result = pgbench_limit.read_result(output, told)
        spent = round.cpu_seconds() - begin
        result["database_cpu_us"] = spent * 1e6 / (result["per_second"] * (length - pgbench_limit.WARM_SECONDS))
        return result, round

    def close(self) -> None:
        self._chore("stop")
