"""`make bench`."""

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from kessai import Kessai
from webhooks import SQLiteWebhooks

BENCHMARKS = Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--orders", type=int, default=15000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--binary", type=Path, default=ROOT / ".build/release/kessai")
    options = parser.parse_args()
    tools = ROOT / ".build/benchmarks"
    with tempfile.TemporaryDirectory(prefix="kessai-bench.") as folder:
        webhooks = SQLiteWebhooks(Kessai(options.binary), tools, BENCHMARKS, Path(folder), options.orders)
        print(f"{len(webhooks.statements)} statements an event; event of {len(webhooks.payload(webhooks.numbers[0]))} bytes")
        rates: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            for name, run in {
                "limit, 64 a commit": webhooks.limit_round,
                "kessai": lambda: webhooks.serve_round(options.connections),
                "kessai, LOG_LEVEL=warning": lambda: webhooks.serve_round(options.connections, LOG_LEVEL="warning"),
                "kessai, JOBS_IN_SERVE=false": lambda: webhooks.serve_round(options.connections, JOBS_IN_SERVE="false"),
                "kessai, 30% repeats": lambda: webhooks.serve_round(options.connections, repeats=True),
            }.items():
                result = run()
                rates.setdefault(name, []).append(result["per_second"])
                latency = result.get("latency_ms", {})
                print(f"{name:28} {result['per_second']:9.0f}/s cpu {result['cpu_us']:6.0f} us  p50 {latency.get('p50', 0):.2f}"
                      f" p99 {latency.get('p99', 0):.2f} ms, own cpu {result.get('own_cpu_us', 0):.1f} us,"
                      f" memory {result.get('memory_kib', 0) // 1024} MiB twins {result.get('twins_together')}", flush=True)
        limit = statistics.median(rates["limit, 64 a commit"])
        for name, values in rates.items():
            print(f"{name:28} {statistics.median(values):9.0f}/s  {statistics.median(values) / limit:.2f} of the limit")


main()
