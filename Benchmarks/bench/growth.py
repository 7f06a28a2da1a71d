"""what an event costs when the inbox is large"""

import argparse
import json
from pathlib import Path

import fill
import inbox
import load
import measure
import names
import report
from engines import engines
from kessai import Kessai
from rounds import Case, Section, interleave

WARM = 300


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--small", type=int, default=10_000, help="events in the small inbox")
    parser.add_argument("--large", type=int, default=10_000_000, help="events in the large inbox")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)


class Grown:
    """A database with old events, which its rounds go on filling: copying it for each would take too long."""

    def __init__(self, engine, kessai: Kessai, folder: Path, name: str, old: int, rounds: int, seconds: float):
        self.engine, self.kessai, self.folder, self.seconds = engine, kessai, folder, seconds
        self.of_a_round = 6000
        self.orders = names.Orders(rounds * (self.of_a_round + WARM), 4, pending=False)
        engine.fill(name, self.orders)
        if engine.name == "SQLite":
            inbox.fill_sqlite(folder / f"{name}.db", old)
        else:
            inbox.fill_postgres(f"{engine.server}/{name}", old)
        self.round = engine.kept(name)
        self.rows = folder / f"{name}-{engine.name}.tsv"
        load.write_rows(self.rows, self.orders, self.orders.numbers, lambda _: [engine.installation])
        self.sent, self.paid = 0, 0

    def run(self) -> dict:
        begin = self.sent

        def send(port: int, first: int, count: int) -> dict:
            self.sent = begin + first + count
            return load.run(port, self.rows, *load.SIGNED, first=begin + first, count=count)

        with self.kessai.serve(self.round.url, self.folder) as server:
            result = measure.run(server, send, WARM, self.seconds, self.of_a_round, self.round)
        for what, sql in {
            "orders": "SELECT COUNT(*) FROM orders WHERE status = 'paid'", "payments": "SELECT COUNT(*) FROM payments",
            "deliveries": "SELECT COUNT(*) FROM shop_deliveries",
            "events": f"SELECT COUNT(*) FROM webhook_events WHERE id > '{names.rising(0, 0)}'",
        }.items():
            if (found := self.round.value(sql)) != self.sent:
                raise load.Unfit(f"{what}: {found}, not {self.sent}")
        return result


def run(given: argparse.Namespace, folder: Path) -> None:
    begun = report.machine()
    kessai, sections = Kessai(given.binary), []
    with engines(given.database, kessai, folder) as found:
        for engine in found:
            def case(role: str, name: str, old: int) -> Case:
                grown = Grown(engine, kessai, folder, name, old, given.rounds, given.seconds)
                return Case(role, f"Kessai, {old:,} events before", grown.run)

            # The small one stands where a limit does: the ratio is what is left of its speed.
            sections.append(Section("webhooks, 32 connections, by the size of the inbox", engine.name,
                                    [case("limit", "small", given.small), case("kessai", "large", given.large)]))
        interleave(sections, given.rounds, [])
        results = report.gather(sections, found, begun)
    report.deliver(results, "growth")
