"""`make bench`: see docs/benchmarks.md."""

import argparse
import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

import report
from kessai import Kessai
from peer import Peer
from postgres_engine import PostgresEngine
from rounds import interleave
from shop import Shop
from sqlite_engine import SQLiteEngine
from vendor import Vendor
from webhooks import Webhooks

BENCHMARKS = Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
TOOLS = ROOT / ".build/benchmarks"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="one round of everything, each shorter: about two minutes")
    parser.add_argument("--rounds", type=int, help="rounds of every case; 3 unless quick")
    parser.add_argument("--seconds", type=float, help="about how long one run is; 4 unless quick")
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--only", choices=["webhooks", "intents", "reading"], action="append")
    parser.add_argument("--binary", type=Path, default=ROOT / ".build/release/kessai")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--out", type=Path, default=TOOLS / "results")
    given = parser.parse_args()
    given.binary = given.binary.resolve()
    given.rounds = given.rounds or (1 if given.quick else 3)
    given.seconds = given.seconds or (1.5 if given.quick else 4)
    return given


def wanted(given: argparse.Namespace, part: str) -> bool:
    return not given.only or part in given.only


def main() -> None:
    given = options()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kessai-bench.") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        # The private PostgreSQL may run under an account of its own.
        os.chmod(folder, 0o755)
        kessai, peer = Kessai(given.binary), None if given.no_peer else Peer(BENCHMARKS)
        engines = []
        if given.database != "postgres":
            engines.append(SQLiteEngine(kessai, TOOLS, folder))
        if given.database != "sqlite":
            engines.append(PostgresEngine(kessai, ROOT, folder))
            stack.callback(engines[-1].close)
        sections, before = [], []
        vendor = Vendor(TOOLS, folder)
        for engine in engines:
            if wanted(given, "webhooks"):
                webhooks = Webhooks(engine, kessai, peer, TOOLS, BENCHMARKS, folder, 16000, given.seconds)
                sections += webhooks.sections()
            if wanted(given, "intents") or wanted(given, "reading"):
                shop = Shop(engine, kessai, peer, vendor, TOOLS, folder, 8000, given.seconds)
                before.append(shop.log_in)
                sections += shop.opening(0, 32) + shop.opening(100, 256) if wanted(given, "intents") else []
                sections += shop.reading() if wanted(given, "reading") else []
        interleave(sections, given.rounds, before)
        found = report.gather(sections, engines)
        (given.out / "results.json").write_text(json.dumps(found, indent=2) + "\n")
        (given.out / "results.md").write_text(report.markdown(found))
        sys.stdout.write(report.markdown(found))


main()
