"""Webhook ingestion: distinct signed events, each of an order that awaits payment."""

from pathlib import Path

import books
import load
import measure
import names
from kessai import Kessai
from paths import TOOLS
from peer import Peer
from rounds import Case, Section

WARM = 400


class Webhooks:
    """Fills a database with orders, and gives the cases."""

    def __init__(self, engine, kessai: Kessai, peer: Peer | None, folder: Path, count: int, seconds: float):
        self.engine, self.kessai, self.peer, self.folder = engine, kessai, peer, folder
        self.seconds, self.count = seconds, count
        self.orders = names.Orders(count + WARM, 4, pending=False)
        engine.fill("awaiting", self.orders)
        self.rows = folder / f"awaiting-{engine.name}.tsv"
        load.write_rows(self.rows, self.orders, self.orders.numbers, lambda _: [engine.installation])
        engine.learn("awaiting", self.orders, self.payload, WARM, lambda port: self.send(port, 0, 1, connections=1))

    def payload(self, number: int) -> str:
        return load.payload(self.orders, number, self.engine.installation)

    def send(self, port: int, first: int, count: int, *more: str, connections: int = 32) -> dict:
        return load.run(port, self.rows, *load.SIGNED, *more, first=first, count=count, connections=connections)

    def check(self, round, paid: int) -> None:
        books.check(round.value, paid, names.AMOUNT)

    def server_round(self, subject, connections: int = 32, repeats: bool = False, preload: str = "", **settings) -> dict:
        round = self.engine.fresh("awaiting")
        more = ["--twins", "15", "--later", "15"] if repeats else []
        sent = 0

        def send(port: int, first: int, count: int) -> dict:
            nonlocal sent
            sent = first + count
            return self.send(port, first, count, *(more if first else []), connections=connections)

        warm = WARM if connections > 1 else 50
        with subject.serve(subject.url_of(round), self.folder, preload, **settings) as server:
            result = measure.run(server, send, warm, self.seconds, self.count, round)
            result["mails_left"] = round.value("SELECT COUNT(*) FROM outbox WHERE sent_at_ms IS NULL")
        self.check(round, sent)
        return result

    def limit_round(self, run) -> dict:
        result, round = run(self.seconds)
        self.check(round, result["events"])
        return result

    def server_case(self, subject, name: str = "", **how) -> Case:
        role = "variant" if name else "kessai" if subject is self.kessai else "peer"
        return Case(role, name or subject.name, lambda: self.server_round(subject, **how))

    def limit_case(self, name: str, run) -> Case:
        return Case("limit", name, lambda: self.limit_round(run))

    def servers(self, **how) -> list[Case]:
        return [self.server_case(subject, **how) for subject in (self.kessai, self.peer) if subject]

    def limits(self) -> list[Case]:
        return [self.limit_case(name, run) for name, run in self.engine.limits().items()]

    def sections(self) -> list[Section]:
        variants = [
            self.server_case(self.kessai, f"Kessai, {name}={value}", **{name: value})
            for name, value in {"LOG_LEVEL": "warning", "JOBS_IN_SERVE": "false"}.items()]
        found = [self.section("webhooks, 32 connections", self.limits() + self.servers() + variants, True)]
        for connections in (1, 256):
            plural = "s" if connections > 1 else ""
            cases = (self.limits() if connections > 64 else []) + self.servers(connections=connections)
            found.append(self.section(f"webhooks, {connections} connection{plural}", cases))
        found.append(self.section("webhooks, 32 connections, 30 % repeats", self.servers(repeats=True), True))
        if self.engine.name == "SQLite":
            slow = str(TOOLS / "slowsync.so")
            limit = self.limit_case("bare loop, 64 a commit", lambda seconds: self.engine.limit_round(64, seconds, slow))
            found.append(self.section("webhooks, 32 connections, every fsync 1 ms slower", [limit] + self.servers(preload=slow)))
        return found

    def section(self, title: str, cases: list[Case], is_main: bool = False) -> Section:
        return Section(title, self.engine.name, cases, is_main)
