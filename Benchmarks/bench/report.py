"""The results as JSON and as Markdown."""

import json
import os
import platform
import sys
import time
from pathlib import Path

from paths import TOOLS
from rounds import Section

RESULTS = TOOLS / "results"


def machine() -> dict:
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1])
    return {"processor": cpu, "cores": os.cpu_count(), "memory_gib": round(memory / 1048576, 1),
            "kernel": platform.release(), "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def gather(sections: list[Section], engines: list) -> dict:
    return {"machine": machine(), "databases": [engine.about for engine in engines],
            "sections": [section.summary() for section in sections]}


def store(found: dict, name: str) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")


def deliver(found: dict, name: str) -> None:
    """Into files, and to whoever called."""
    store(found, name)
    text = markdown(found)
    (RESULTS / f"{name}.md").write_text(text)
    sys.stderr.flush()
    print(text)


def number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(figures: dict, name: str) -> str:
    figure = figures.get(name)
    if not figure:
        return "–"
    if figure["min"] == figure["max"]:
        return number(figure["median"])
    return f"{number(figure['median'])} ({number(figure['min'])}–{number(figure['max'])})"


def median(case: dict | None, name: str) -> float | None:
    return case["figures"].get(name, {}).get("median") if case else None


def markdown(found: dict) -> str:
    about = found["machine"]
    lines = [f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, Linux {about['kernel']}, {about['time']}. "
             + "; ".join(found["databases"]) + ".",
             "Medians of the rounds, in brackets the lowest and the highest.", ""]
    for section in found["sections"]:
        lines += table(section)
    return "\n".join(lines)


def table(section: dict) -> list[str]:
    cases = section["cases"]
    limits = [case for case in cases if case["role"] == "limit"]
    best = max(limits, key=lambda case: median(case, "per_second") or 0, default=None)
    peer = next((case for case in cases if case["role"] == "peer"), None)
    lines = [f"**{section['database']}: {section['title']}**", "",
             "| | requests/s | of the limit | of the peer | p50 ms | p99 ms | processor µs | database's µs | memory MiB |",
             "|---|---|---|---|---|---|---|---|---|"]
    for case in cases:
        figures, rate = case["figures"], median(case, "per_second")
        of = {name: number(rate / median(other, "per_second")) if other and other is not case else ""
              for name, other in {"limit": best, "peer": peer}.items()}
        memory = median(case, "memory_kib")
        lines.append("| " + " | ".join([
            case["name"], spread(figures, "per_second"), of["limit"], of["peer"], spread(figures, "latency_ms.p50"),
            spread(figures, "latency_ms.p99"), number(median(case, "cpu_us")), number(median(case, "database_cpu_us")),
            number(memory / 1024) if memory else "–"]) + " |")
    return lines + [""] + [note + "\n" for note in section["notes"]]
