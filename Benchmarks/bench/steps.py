"""What each step of an event costs: sums of a profile by the functions that the steps are made of.

    perf record -F 500 --call-graph dwarf,16384 -p PID -- sleep 5     while webhooks come in
    perf script -F comm,tid,ip,sym | python Benchmarks/bench/steps.py MICROSECONDS

MICROSECONDS is the processor time of an event in that run, as the benchmark's table says it.
"""

import collections
import re
import sys

# The first that any function of the stack matches; what is further in stands first.
STEPS = [
    ("mail folder: a file, flushed (a job)", r"MailFolder"),
    ("commit: the disk is waited for", r"fdatasync|do_fsync"),
    ("commit: checkpoint of the log", r"sqlite3.*[Cc]heckpoint|walCheckpoint"),
    ("commit: pages into the log", r"WalFrames|PagerCommitPhase|BtreeCommitPhase|SQLiteConnectionC6commit"),
    ("job: claimed", r"13JobRepositoryV5claim"),
    ("job: mail and end noted", r"JobCompletion|JobVerdict"),
    ("job: looked for, read, run", r"7JobLane|JobExecution|JobRunner|OutboxChannel|6OutboxV.*deliver|4Jobs.*isDue"),
    ("write: event stored", r"15EventRepositoryV6insert"),
    ("write: payment recorded", r"PaymentRepositoryV6insert"),
    ("write: journal", r"7JournalV"),
    ("write: delivery, mail, job", r"Fulfilment.*fulfil|ShopFulfilment"),
    ("write: the order's story", r"12OrderHistoryV"),
    ("write: order and attempt changed", r"15OrderRepositoryV6update|17AttemptRepository"),
    ("write: order found and locked", r"15OrderRepositoryV|17PaymentRepositoryV4find"),
    ("write: the rest of applying", r"5InboxV5apply|10SettlementV|22PaymentIntentSucceeded"),
    ("write: the rest of the transaction", r"12SQLiteWriter|12SQLiteDriver"),
    ("signature", r"StripeSignatureVerifier|hmacsha256"),
    ("JSON read, the event's fields taken", r"11SignedEventV|JSONV.*parsing|11JSONBuilder"),
    ("log lines", r"9LogWriter|6Kernel3LogV"),
    ("answer made", r"15WebhookResponse|12JSONResponse"),
    ("route, limits, request log, metrics", r"6RouterC|9RouteTree|4EdgeV|4Edge|RequestLog|7Metrics"),
    ("HTTP: socket, head, body, answer", r"MHD_|9EventLoop|10HTTPServer"),
]


def stacks(lines):
    frames = None
    for line in lines:
        if re.match(r"^\S.*\s\d+\s*$", line):
            if frames is not None:
                yield frames
            frames = []
        elif line.strip() and frames is not None:
            frames.append(line.strip())
    if frames:
        yield frames


def main() -> None:
    total_us = float(sys.argv[1])
    patterns = [(name, re.compile(pattern)) for name, pattern in STEPS]
    counts = collections.Counter()
    for frames in stacks(sys.stdin):
        whole = "\n".join(frames)
        counts[next((name for name, pattern in patterns if pattern.search(whole)), "hand-overs between threads, the rest")] += 1
    samples = sum(counts.values())
    print("| step | µs | share |\n|---|---:|---:|")
    for name in [*(name for name, _ in STEPS), "hand-overs between threads, the rest"]:
        share = counts[name] / samples
        print(f"| {name} | {share * total_us:.0f} | {share:.1%} |")
    print(f"\n{samples} samples")


main()
