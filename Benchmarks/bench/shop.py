"""Opening payments and reading: a few buyers with many orders that are not paid yet."""

import random
from pathlib import Path

import load
import measure
import names
import tokens
from load import Unfit
from rounds import Case, Section
from vendor import Vendor

BUYERS = 16
WARM = 200
# Where payments are opened over many connections.
WARM_MOST = 512


class Shop:
    """Fills a database with orders, logs the buyers in, and gives the cases."""

    def __init__(self, engine, kessai, peer, vendor: Vendor, folder: Path, count: int, seconds: float):
        self.engine, self.kessai, self.peer, self.vendor, self.folder = engine, kessai, peer, vendor, folder
        self.seconds, self.count = seconds, count
        self.orders = names.Orders(count + WARM_MOST, -(-(count + WARM_MOST) // BUYERS), pending=True)
        engine.fill("pending", self.orders)
        self.rows, self.reads = folder / f"pending-{engine.name}.tsv", folder / f"reads-{engine.name}.tsv"
        self.body = folder / "intent.json"
        self.body.write_text('{"order_id":{2}}')
        self.log_in()

    def log_in(self) -> None:
        """Kessai's tokens live for 15 minutes, so this is done again before every round."""
        round = self.engine.fresh("pending")
        with self.kessai.serve(round.url, self.folder, JOBS_IN_SERVE="false") as server:
            kessai = {buyer: tokens.of_kessai(server.port, buyer) for buyer in self.orders.buyers()}
        peer = {buyer: tokens.of_peer(buyer) for buyer in self.orders.buyers()}

        def more(number: int) -> list[str]:
            return [kessai[self.orders.buyer(number)], peer[self.orders.buyer(number)]]

        # In the order of chance, so that one buyer's requests do not come all at once.
        numbers = list(self.orders.numbers)
        random.Random(1).shuffle(numbers)
        load.write_rows(self.rows, self.orders, numbers, more)
        load.write_rows(self.reads, self.orders, random.Random(2).choices(numbers, k=80_000), more)

    def subjects(self) -> list:
        return [(self.kessai, "kessai", "{7}")] + ([(self.peer, "peer", "{8}")] if self.peer else [])

    def open_round(self, subject, token: str, delay_ms: int, connections: int, rate_of=None) -> dict:
        """Payments opened as fast as it goes, or at the rate that `rate_of` gives."""
        round = self.engine.fresh("pending")
        opened = 0

        def send(port: int, first: int, count: int) -> dict:
            nonlocal opened
            rate = rate_of() if rate_of and first else 0
            if rate:
                count = self.calm_count(rate)
            opened = first + count
            return load.run(
                port, self.rows, "--method", "POST", "--path", "/api/payments/intent", "--body", str(self.body),
                "--header", f"Authorization: Bearer {token}", first=first, count=count, rate=rate,
                connections=connections)

        with self.vendor.serve(delay_ms) as vendor, \
                subject.serve(subject.url_of(round), self.folder, vendor_port=vendor.port) as server:
            # Over all connections, twice: how many requests are enough follows from how fast these were.
            result = measure.run(server, send, min(max(WARM, 2 * connections), WARM_MOST), self.seconds, self.count, round)
        self.check(round, opened)
        return result

    def check(self, round, opened: int) -> None:
        for what, sql in {
            "orders": "SELECT COUNT(*) FROM orders WHERE status = 'awaiting_payment' AND stripe_payment_intent_id IS NOT NULL",
            "attempts": "SELECT COUNT(*) FROM payment_attempts WHERE state = 'opened' AND attempt = 1",
            "intents": "SELECT COUNT(DISTINCT stripe_payment_intent_id) FROM payment_attempts",
        }.items():
            if (found := round.value(sql)) != opened:
                raise Unfit(f"{what}: {found}, not {opened}")

    def calm_count(self, rate: float) -> int:
        """Few a second want a little longer, for there to be a 99th percentile."""
        return min(max(int(rate * max(self.seconds, 4)), 30), self.count)

    def vendor_round(self, delay_ms: int, connections: int, rate_of=None) -> dict:
        rate = rate_of() if rate_of else 0
        count = self.calm_count(rate) if rate else self.count if delay_ms == 0 else min(self.count, connections * 20)
        with self.vendor.serve(delay_ms) as vendor:
            return self.vendor.call(vendor.port, self.rows, count, connections, rate)

    def opening(self, delay_ms: int, connections: int) -> Section:
        """Capacity, and at a tenth of it what the servers add to the vendor's own time."""
        what = "at once" if delay_ms == 0 else f"after {delay_ms} ms"
        full = [Case("variant", "the vendor alone", lambda: self.vendor_round(delay_ms, connections))]
        calm = []
        for subject, role, token in self.subjects():
            case = Case(role, subject.name, lambda s=subject, t=token: self.open_round(s, t, delay_ms, connections))
            full.append(case)

            def tenth(case=case) -> float:
                return case.median("per_second") / 10

            alone = Case("variant", f"the vendor alone, at a tenth of {subject.name}'s",
                         lambda r=tenth: self.vendor_round(delay_ms, connections, r))
            calm += [alone, Case(
                "variant", f"{subject.name}, at a tenth of its own",
                lambda s=subject, t=token, r=tenth: self.open_round(s, t, delay_ms, connections, r), beside=alone)]
        title = f"payments opened, {connections} connections, the vendor answers {what}"
        return Section(title, self.engine.name, full + calm, delay_ms == 0)

    def read_round(self, subject, token: str, path: str) -> dict:
        round = self.engine.fresh("pending")

        def send(port: int, first: int, count: int) -> dict:
            return load.run(port, self.reads, "--path", path, "--header", f"Authorization: Bearer {token}",
                            first=first, count=count, connections=32)

        with subject.serve(subject.url_of(round), self.folder) as server:
            return measure.run(server, send, WARM, self.seconds, 79_000, round)

    def reading(self) -> list[Section]:
        paths = {"an order": "/api/orders/{2}", "a page of 50 orders": "/api/orders?limit=50", "/healthz": "/healthz"}
        return [
            Section(f"reading {what}, 32 connections", self.engine.name, [
                Case(role, subject.name, lambda s=subject, t=token, p=path: self.read_round(s, t, p))
                for subject, role, token in self.subjects()], what == "an order")
            for what, path in paths.items()]
