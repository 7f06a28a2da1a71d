"""Three times as much as can be done: what is refused is refused early, what is accepted is served as ever, and payments come
before reading."""

import contextlib
import json
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from conftest import BINARY, ROOT, Client, get

sys.path.insert(0, str(ROOT / "Benchmarks/bench"))

import books  # noqa: E402
import fill  # noqa: E402
import load  # noqa: E402
import names  # noqa: E402
import tokens  # noqa: E402
from kessai import Kessai  # noqa: E402
from postgres_engine import PostgresEngine  # noqa: E402
from sqlite_engine import SQLiteEngine  # noqa: E402
from vendor import Vendor  # noqa: E402

BUYERS = 8
WITNESSES = 4
ORDERS = 4000
# How often each order may be read, and for how long there is too much.
READS, SECONDS = 20, 5
PAGE = "/api/orders?limit=50"


class Orders(names.Orders):
    """A part of the orders of one database."""

    def __init__(self, first: int, pending: bool):
        super().__init__(ORDERS, ORDERS // BUYERS, pending)
        self.numbers = range(names.FIRST_NUMBER + first, names.FIRST_NUMBER + first + ORDERS)

    def buyer(self, number: int) -> int:
        return (number - names.FIRST_NUMBER) % ORDERS // self.of_a_buyer


# Further orders of the same buyers and products have rows in these.
TABLES = {table: fill.TABLES[table] for table in ("orders", "order_lines", "payment_attempts", "order_history")}


class SQLite(SQLiteEngine):
    """A file, in which there may be further orders beside those that it was filled with."""

    def add(self, name: str, orders: Orders) -> None:
        with contextlib.closing(sqlite3.connect(self.folder / f"{name}.db")) as connection, connection:
            for table, columns in TABLES.items():
                marks = ", ".join("?" for _ in columns.split(","))
                connection.executemany(
                    f"INSERT INTO {table} ({columns}) VALUES ({marks})", fill.rows(table, orders, ""))


class PostgreSQL(PostgresEngine):
    """The same on a private server."""

    def add(self, name: str, orders: Orders) -> None:
        with psycopg.connect(f"{self.server}/{name}") as connection:
            for table, columns in TABLES.items():
                with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in fill.rows(table, orders, ""):
                        copy.write_row(row)
            connection.execute("ANALYZE")


ENGINES = {engine.__name__: engine for engine in (SQLite, PostgreSQL)}


class Shop:
    """A server on a database with orders that await their payment's event, and others that nobody began to pay."""

    def __init__(self, folder: Path, database: str):
        subprocess.run(["make", "-s", "-C", str(ROOT / "Benchmarks")], check=True)
        self.folder = folder
        self.kessai = Kessai(Path(BINARY))
        self.engine = ENGINES[database](self.kessai, folder)
        self.awaiting, self.pending = Orders(0, pending=False), Orders(ORDERS, pending=True)

    def open(self) -> None:
        """Fills the database."""
        self.engine.fill("orders", self.awaiting)
        self.engine.add("orders", self.pending)
        self.round = self.engine.fresh("orders")
        load.write_rows(
            self.folder / "events", self.awaiting, self.awaiting.numbers, lambda _: [self.engine.installation])

    def learn(self, port: int) -> None:
        """Logs the buyers in, and writes down what will be asked."""
        self.port = port
        known = {buyer: tokens.of_kessai(port, buyer) for buyer in self.pending.buyers()}
        for name, repeats in ("payments", 1), ("reads", READS):
            numbers = list(self.pending.numbers) * repeats
            load.write_rows(self.folder / name, self.pending, numbers, lambda number: [known[self.pending.buyer(number)]])
        (self.folder / "intent.json").write_text('{"order_id":{2}}')
        self.token = known[0]

    def read(self, **how) -> dict:
        """Reads pages of orders."""
        return some_of(
            lambda: load.run(
                self.port, self.folder / "reads", "--path", PAGE, "--header", "Authorization: Bearer {7}", **how))

    def pay(self, **how) -> dict:
        return load.run(
            self.port, self.folder / "payments", "--method", "POST", "--path", "/api/payments/intent", "--body",
            str(self.folder / "intent.json"), "--header", "Authorization: Bearer {7}", **how)

    def tell(self, **how) -> dict:
        return load.run(self.port, self.folder / "events", *load.SIGNED, **how)


def some_of(run) -> dict:
    """A run some of whose requests may be refused as too much; everything else is a failure."""
    try:
        return run()
    except load.Unfit as unfit:
        found = unfit.result
        assert found and set(found["statuses"]) <= {"200", "503"}, unfit
        return found


class Witness(threading.Thread):
    """Asks like everybody else, and keeps the refusals and how long each took."""

    def __init__(self, shop: Shop):
        super().__init__(daemon=True)
        self.client, self.fields = Client(shop.port), f"Authorization: Bearer {shop.token}\r\n"
        self.refusals, self.times_ms, self.health, self.is_over = [], [], set(), threading.Event()

    def run(self):
        while not self.is_over.is_set():
            began = time.monotonic()
            answer = self.client.exchange(get(PAGE, self.fields))
            if answer.status == 503:
                self.refusals.append(answer)
                self.times_ms.append((time.monotonic() - began) * 1000)
            self.health.add(self.client.exchange(get()).status)


def at_once(**works) -> dict:
    """Does several things at the same time; what each gave."""
    results = {}

    def do(name, work):
        try:
            results[name] = work()
        except Exception as error:  # It is raised where the test waits.
            results[name] = error

    threads = [threading.Thread(target=do, args=pair) for pair in works.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results.values():
        if isinstance(result, Exception):
            raise result
    return results


@pytest.fixture(params=list(ENGINES))
def shop(request, tmp_path):
    shop = Shop(tmp_path, request.param)
    with contextlib.closing(shop.engine):
        shop.open()
        yield shop


def test_three_times_the_capacity(shop, tmp_path, many_files):
    with Vendor(tmp_path).serve(0) as vendor, \
            shop.kessai.serve(shop.round.url, tmp_path, vendor_port=vendor.port, LOG_LEVEL="warning") as server:
        shop.learn(server.port)
        shop.read(count=200, connections=8)
        capacity = shop.read(count=600)["per_second"]
        events = shop.tell(count=400)["per_second"]
        payments = shop.pay(count=200)["per_second"]
        third = {"count": max(int(capacity), 50), "rate": capacity / 3}
        calm = shop.read(**third)
        assert set(calm["statuses"]) == {"200"}

        witnesses = [Witness(shop) for _ in range(WITNESSES)]
        for witness in witnesses:
            witness.start()
        # Events and payments come at a tenth of what they could; `load.run` refuses any answer of theirs that is no 2xx.
        found = at_once(
            reads=lambda: shop.read(
                count=min(int(capacity * 3 * SECONDS), READS * ORDERS), rate=capacity * 3, connections=900),
            events=lambda: shop.tell(first=400, count=min(int(events / 10 * SECONDS), ORDERS - 400), rate=events / 10),
            payments=lambda: shop.pay(first=200, count=min(int(payments / 10 * SECONDS), ORDERS - 200), rate=payments / 10))
        for witness in witnesses:
            witness.is_over.set()
        for witness in witnesses:
            witness.join(30)
        refusals = [refusal for witness in witnesses for refusal in witness.refusals]
        times_ms = sorted(time_ms for witness in witnesses for time_ms in witness.times_ms)
        after = shop.read(**third)
    reads = found["reads"]
    print(json.dumps({"capacity": capacity, "calm": calm, "witness": times_ms, **found}))

    # Much is refused, and the node goes on serving.
    assert reads["statuses"]["503"] > reads["requests"] / 5
    assert reads["statuses"]["200"] > capacity * reads["seconds"] / 5
    # A refusal comes sooner than an answer, and says when to come again.
    assert len(refusals) >= 5
    assert {(refusal.json["code"], refusal.headers["retry-after"]) for refusal in refusals} == {("overloaded", "1")}
    assert statistics.median(times_ms) < reads["good_latency_ms"]["p50"]
    # Who is let in waits for few, however long it lasts: about the 50 ms for which reading is patient (`LoadGate`). In a queue
    # without an end half would wait for a third of the time.
    assert reads["good_latency_ms"]["p50"] < 4 * (50 + calm["latency_ms"]["p50"])
    assert reads["good_latency_ms"]["p90"] < reads["seconds"] * 1000 / 5
    # Events and payments do not stand in that queue either.
    assert found["events"]["latency_ms"]["p90"] < reads["seconds"] * 1000 / 5
    assert found["payments"]["latency_ms"]["p90"] < reads["seconds"] * 1000 / 5
    assert set().union(*(witness.health for witness in witnesses)) == {200}
    # It is over as soon as they leave, and every order of an event is paid exactly once.
    assert set(after["statuses"]) == {"200"}
    books.check(shop.round.value, 400 + found["events"]["requests"], names.AMOUNT)
    assert found["events"]["requests"] > 0 and found["payments"]["requests"] > 0


def test_three_times_the_events(shop, tmp_path, many_files):
    """Nothing but events, three times as many as can be taken: what is acknowledged is in the books, and only that; the rest is
    when it comes again."""
    with shop.kessai.serve(shop.round.url, tmp_path, LOG_LEVEL="warning") as server:
        shop.port = server.port
        shop.tell(count=400)
        calm = shop.tell(first=400, count=400)
        rest = {"first": 800, "count": ORDERS - 800}
        found = some_of(lambda: shop.tell(**rest, rate=calm["per_second"] * 3, connections=900))
        print(json.dumps({"calm": calm, "events": found}))
        assert found["statuses"]["503"] > 100
        # What is done is no less than without the crowd, by much.
        assert found["per_second"] > calm["per_second"] / 3
        # Who is let in waits for those before, whose number is bounded, not for all that come.
        assert found["good_latency_ms"]["p99"] < 4 * 512 / calm["per_second"] * 1000
        books.check(shop.round.value, 800 + found["good"], names.AMOUNT)
        # Stripe sends again what was refused; what was taken is acknowledged once more, and done no more.
        assert set(shop.tell(**rest)["statuses"]) == {"200"}
    books.check(shop.round.value, ORDERS, names.AMOUNT)
