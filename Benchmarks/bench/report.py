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
# The columns: a figure, its heading, and what it is divided by.
COLUMNS = [
    ("per_second", "requests/s", 1), ("latency_ms.p50", "p50 ms", 1), ("latency_ms.p99", "p99 ms", 1),
    ("own_ms.p50", "its own p50 ms", 1), ("own_ms.p99", "its own p99 ms", 1),
    ("cpu_us", "processor µs", 1), ("database_cpu_us", "database's µs", 1), ("memory_kib", "memory MiB", 1024)]

WITHOUT_JOBS = "Kessai, JOBS_IN_SERVE=false"


def machine() -> dict:
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1])
    return {"processor": cpu, "cores": os.cpu_count(), "memory_gib": round(memory / 1048576, 1),
            "kernel": platform.release(), "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "load_average": os.getloadavg()[0]}


def gather(sections: list[Section], engines: list, begun: dict) -> dict:
    """Everything; `begun` is the machine as it was at the beginning."""
    return {"machine": begun, "databases": [engine.about for engine in engines],
            "sections": [with_ratios(section.summary()) for section in sections]}


def with_ratios(section: dict) -> dict:
    """Of what is measured, how it stands to the best limit and to the peer of the same section; also without jobs, since neither
    of these delivers mails."""
    cases = section["cases"]
    limits = [case for case in cases if case["role"] == "limit"]
    subjects = [case for case in cases if case["role"] == "kessai" or case["name"] == WITHOUT_JOBS]
    others = {"limit": max(limits, key=lambda case: median(case, "per_second"), default=None),
              "peer": next((case for case in cases if case["role"] == "peer"), None)}
    section["ratios"] = []
    for role, other in others.items():
        for subject in subjects if other else []:
            ratios = {figure: median(subject, figure) / median(other, figure)
                      for figure, _, _ in COLUMNS if median(subject, figure) and median(other, figure)}
            section["ratios"].append({"of": role, "name": f"{subject['name']} to {other['name']}", "figures": ratios})
    return section


def median(case: dict, figure: str) -> float:
    return case["figures"].get(figure, {}).get("median", 0)


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


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(case: dict, name: str, divisor: float) -> str:
    figure = case["figures"].get(name)
    if not figure:
        return ""
    low, middle, high = (number(figure[key] / divisor) for key in ("min", "median", "max"))
    return middle if low == high else f"{middle} ({low}–{high})"


def markdown(found: dict) -> str:
    about = found["machine"]
    lines = [f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, Linux {about['kernel']}; "
             f"{about['time']}, load average at the beginning {about['load_average']:.1f}. "
             + "; ".join(found["databases"]) + ".",
             "Medians of the rounds, in brackets the lowest and the highest.", ""]
    for section in found["sections"]:
        lines += table(section)
    return "\n".join(lines).rstrip() + "\n"


def table(section: dict) -> list[str]:
    columns = [c for c in COLUMNS if any(c[0] in case["figures"] for case in section["cases"])]
    lines = [f"**{section['database']}: {section['title']}**", "",
             "| | " + " | ".join(heading for _, heading, _ in columns) + " |", "|---|" + "---|" * len(columns)]
    for case in section["cases"]:
        cells = [spread(case, figure, divisor) for figure, _, divisor in columns]
        lines.append(f"| {case['name']} | " + " | ".join(cells) + " |")
    for ratio in section["ratios"]:
        cells = [f"× {number(ratio['figures'][figure])}" if figure in ratio["figures"] else "" for figure, _, _ in columns]
        lines.append(f"| *{ratio['name']}* | " + " | ".join(cells) + " |")
    return lines + [""]
