"""whether the server's memory stays flat under load"""

import argparse
import statistics
import sys
import threading
import time
from pathlib import Path

import load
import names
import processes
import report
import tokens
from engines import engines
from kessai import Kessai

BUYERS_WHO_READ = 8


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=100, help="events a second; twice as many orders are read")


def slope(samples: list[tuple[float, int]]) -> float:
    """By least squares, in what is sampled by second."""
    return statistics.linear_regression([t for t, _ in samples], [float(v) for _, v in samples]).slope


class Sampler(threading.Thread):
    """Notes the memory of a process every second, until it is told to end."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid, self.samples, self.ended = pid, [], threading.Event()

    def run(self) -> None:
        begin = time.monotonic()
        while not self.ended.wait(1):
            self.samples.append((time.monotonic() - begin, processes.memory_kib(self.pid, "VmRSS")))


def soak(engine, kessai: Kessai, folder: Path, minutes: float, rate: float) -> dict:
    count, seconds = int(minutes * 60 * rate), minutes * 60
    orders = names.Orders(count, 4, pending=False)
    engine.fill("soak", orders)
    rows, reads = folder / "soak.tsv", folder / "soak-reads.tsv"
    load.write_rows(rows, orders, orders.numbers, lambda _: [engine.installation])
    round, results = engine.kept("soak"), {}
    # By another process: hashing a password takes memory, of which the server that is watched shall know nothing.
    with kessai.serve(round.url, folder) as server:
        readers = {buyer: tokens.of_kessai(server.port, buyer) for buyer in orders.buyers()[:BUYERS_WHO_READ]}
    with kessai.serve(round.url, folder) as server:
        numbers = [n for n in orders.numbers[: BUYERS_WHO_READ * orders.of_a_buyer] if orders.buyer(n) in readers]
        load.write_rows(reads, orders, numbers * (2 * count // len(numbers) + 1), lambda n: [readers[orders.buyer(n)]])
        sampler = Sampler(server.pid)

        def read() -> None:
            try:
                results["reads"] = load.run(
                    server.port, reads, "--late", "--path", "/api/orders/{2}", "--header", "Authorization: Bearer {7}",
                    count=2 * count, rate=2 * rate, connections=8, seconds_max=int(seconds) + 120)
            except load.Unfit as reason:
                results["failure"] = reason

        reading = threading.Thread(target=read)
        sampler.start()
        reading.start()
        try:
            # Signed when it is sent: a signature is good for five minutes.
            results["events"] = load.run(
                server.port, rows, *load.SIGNED, "--late", rate=rate, seconds_max=int(seconds) + 120)
        finally:
            reading.join()
            sampler.ended.set()
            sampler.join()
        highest = processes.memory_kib(server.pid, "VmHWM")
    if "failure" in results:
        raise results["failure"]
    if (paid := round.value("SELECT COUNT(*) FROM payments")) != count:
        raise load.Unfit(f"payments: {paid}, not {count}")
    return summary(sampler.samples, highest, results)


def summary(samples: list[tuple[float, int]], highest: int, results: dict) -> dict:
    end = samples[-1][0]
    second_half = [sample for sample in samples if sample[0] >= end / 2]
    tenth = max(len(samples) // 10, 1)
    return {
        "seconds": end, "requests": results["events"]["requests"] + results["reads"]["requests"],
        "event_latency_ms": results["events"]["latency_ms"], "read_latency_ms": results["reads"]["latency_ms"],
        "first_tenth_kib": statistics.median(v for _, v in samples[:tenth]),
        "last_tenth_kib": statistics.median(v for _, v in samples[-tenth:]), "highest_kib": highest,
        "slope_kib_per_minute": slope(second_half) * 60,
        "samples_kib": [v for _, v in samples],
    }


def run(given: argparse.Namespace, folder: Path) -> None:
    found = {"machine": report.machine(), "rate": given.rate, "databases": {}}
    with engines(given.database, Kessai(given.binary), folder) as all_engines:
        for engine in all_engines:
            result = soak(engine, Kessai(given.binary), folder, given.minutes, given.rate)
            found["databases"][engine.name] = result
            print(f"{engine.name}: {result['requests']:,} requests in {result['seconds']:.0f} s; resident memory "
                  f"{result['first_tenth_kib'] / 1024:.1f} MiB in the first tenth, {result['last_tenth_kib'] / 1024:.1f} MiB in "
                  f"the last; {result['slope_kib_per_minute']:+.1f} KiB a minute over the second half; "
                  f"{result['highest_kib'] / 1024:.1f} MiB at most", file=sys.stdout, flush=True)
    report.store(found, "soak")
