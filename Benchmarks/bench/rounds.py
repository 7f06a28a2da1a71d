"""Cases that are run in turns, so that whatever drifts on the machine hits all of them."""

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

# What is kept of every run, where it has it.
FIGURES = ["per_second", "latency_ms.p50", "latency_ms.p90", "latency_ms.p99", "latency_ms.max", "latency_ms.mean",
           "cpu_us", "database_cpu_us", "memory_kib", "own_cpu_us", "sent_late_ms.p99", "twins_together", "repeats",
           "requests", "rate", "connections", "mails_left"]


@dataclass
class Case:
    """One thing that is measured. `role` is `kessai`, `peer` or `limit`."""

    role: str
    name: str
    run: Callable[[], dict]
    results: list[dict] = field(default_factory=list)
    # What its latencies contain: the difference is its own.
    beside: "Case | None" = None

    def median(self, figure: str) -> float | None:
        values = self.values(figure)
        return statistics.median(values) if values else None

    def values(self, figure: str) -> list[float]:
        found = []
        for result in self.results:
            value = result
            for part in figure.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            if value is not None:
                found.append(value)
        return found

    def summary(self) -> dict:
        figures = {}
        for figure in FIGURES:
            if values := self.values(figure):
                figures[figure] = {"median": statistics.median(values), "min": min(values), "max": max(values)}
        for share in ("p50", "p99") if self.beside else ():
            own = self.median(f"latency_ms.{share}") - self.beside.median(f"latency_ms.{share}")
            figures[f"own_ms.{share}"] = {"median": own, "min": own, "max": own}
        return {"role": self.role, "name": self.name, "rounds": len(self.results), "figures": figures}


@dataclass
class Section:
    """Cases that are compared with each other."""

    title: str
    database: str
    cases: list[Case]
    # Whether a quick benchmark has it too.
    is_main: bool = False

    def summary(self) -> dict:
        return {"title": self.title, "database": self.database, "cases": [case.summary() for case in self.cases]}


def interleave(sections: list[Section], rounds: int, before: list[Callable[[], None]]) -> None:
    """Runs every case once a round; `before` each round, what must be done anew."""
    for number in range(rounds):
        for chore in before if number else []:
            chore()
        for section in sections:
            for case in section.cases:
                case.results.append(case.run())
                result = case.results[-1]
                latency = result.get("latency_ms", {})
                print(f"round {number + 1}/{rounds}  {section.database}, {section.title}: {case.name}: "
                      f"{result['per_second']:,.0f}/s  p50 {latency.get('p50', latency.get('mean', 0)):.2f} ms  "
                      f"p99 {latency.get('p99', 0):.2f} ms  {result.get('cpu_us', 0):.0f} + "
                      f"{result.get('database_cpu_us', 0):.0f} µs", file=sys.stderr, flush=True)
