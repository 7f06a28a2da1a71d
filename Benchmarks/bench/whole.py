"""`make bench`: everything, in rounds."""

import argparse
from pathlib import Path

import report
from engines import engines
from kessai import Kessai
from peer import Peer
from rounds import interleave
from shop import Shop
from vendor import Vendor
from webhooks import Webhooks

# Orders for each second of a run, and at most; a server that needs more is measured for a shorter time.
OF_A_SECOND, WEBHOOKS_MAX, OPENED_MAX = 6_000, 20_000, 8_000


def room(seconds: float, most: int) -> int:
    return min(int(seconds * OF_A_SECOND), most)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="one round of the main tables, and shorter runs")
    parser.add_argument("--rounds", type=int, help="rounds of every case; 3 unless quick")
    parser.add_argument("--seconds", type=float, help="about how long one run is; 2.5 unless quick")
    parser.add_argument("--only", choices=["webhooks", "intents", "reading"], action="append", help="may be repeated")
    parser.add_argument("--section", action="append", help="only the table with this title; may be repeated")
    parser.add_argument("--no-peer", action="store_true", help="without the peer")


def run(given: argparse.Namespace, folder: Path) -> None:
    begun = report.machine()
    rounds = given.rounds or (1 if given.quick else 3)
    seconds = given.seconds or (1.2 if given.quick else 2.5)
    parts = given.only or ["webhooks", "intents", "reading"]
    kessai, peer = Kessai(given.binary), None if given.no_peer else Peer()
    vendor = Vendor(folder)
    sections, before = [], []
    with engines(given.database, kessai, folder) as found:
        for engine in found:
            if "webhooks" in parts:
                sections += Webhooks(engine, kessai, peer, folder, room(seconds, WEBHOOKS_MAX) + engine.spare, seconds).sections()
            if "intents" in parts or "reading" in parts:
                shop = Shop(engine, kessai, peer, vendor, folder, room(seconds, OPENED_MAX), seconds)
                before.append(shop.log_in)
                sections += [shop.opening(0, 32), shop.opening(100, 256)] if "intents" in parts else []
                sections += shop.reading() if "reading" in parts else []
        sections = [s for s in sections if (s.title in given.section if given.section else s.is_main or not given.quick)]
        interleave(sections, rounds, before)
        results = report.gather(sections, found, begun)
    report.deliver(results, "results")
