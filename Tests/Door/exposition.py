"""The rules of a page for Prometheus (text format 0.0.4, and its naming), beside what a parser asks for."""

import math
import re
from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# Prometheus wants seconds, bytes and plain numbers.
UNITS = ("_ms", "_milliseconds", "_kib", "_kb", "_minutes", "_percent")


def faults(text: str) -> list[str]:
    """What is wrong with a page; each fault in a line of words."""
    found = [] if text.endswith("\n") else ["the last line has no end"]
    found += _order(text)
    try:
        families = list(text_string_to_metric_families(text))
    except Exception as error:
        return found + [f"the parser refuses it: {error!r}"]
    for family in families:
        found += _family(family)
    series = Counter((sample.name, *sorted(sample.labels.items())) for family in families for sample in family.samples)
    return found + [f"{key} stands there {count} times" for key, count in series.items() if count > 1]


def series(text: str) -> dict[tuple, float]:
    """The value of each name and labels."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text) for sample in family.samples}


def _order(text: str) -> list[str]:
    """Help, type and samples of a name in one block, each comment once."""
    found, seen, current, state = [], set(), None, ""
    for line in text.splitlines():
        words = line.split(" ", 3)
        if line.startswith("# HELP "):
            current, state = words[2], "help"
            if current in seen:
                found.append(f"{current} begins twice")
            if len(words) < 4 or not words[3].strip():
                found.append(f"{current} has no help")
            seen.add(current)
        elif line.startswith("# TYPE "):
            if (words[2], state) != (current, "help"):
                found.append(f"the type of {words[2]} does not follow its help")
            state = words[3]
            # The parser would add it.
            if state == "counter" and not words[2].endswith("_total"):
                found.append(f"the counter {words[2]} does not end in _total")
        else:
            name = NAME.match(line)
            own = {current} | ({f"{current}{part}" for part in ("_bucket", "_sum", "_count")} if state == "histogram" else set())
            if not name or name[0] not in own or state in ("", "help"):
                found.append(f"no sample of {current}: {line}")
    return found


def _family(family) -> list[str]:
    found = []
    if family.type not in ("counter", "gauge", "histogram"):
        found.append(f"{family.name} is {family.type}")
    if family.type != "counter" and family.name.endswith(("_total", "_sum", "_count", "_bucket")):
        found.append(f"{family.name} is called what only others are")
    if family.name.endswith(UNITS):
        found.append(f"{family.name} is not in base units")
    for sample in family.samples:
        if not math.isfinite(sample.value) or family.type != "gauge" and sample.value < 0:
            found.append(f"{sample.name} is {sample.value}")
    return found + (_histogram(family) if family.type == "histogram" else [])


def _histogram(family) -> list[str]:
    found, groups = [], {}
    for sample in family.samples:
        labels = {name: value for name, value in sample.labels.items() if name != "le"}
        group = groups.setdefault(tuple(sorted(labels.items())), {"buckets": []})
        if sample.name.endswith("_bucket"):
            group["buckets"].append((float(sample.labels.get("le", "nan")), sample.value))
        else:
            group[sample.name.removeprefix(family.name)] = sample.value
    for labels, group in groups.items():
        bounds, counts = zip(*group["buckets"]) if group["buckets"] else ((), ())
        if list(bounds) != sorted(set(bounds)) or bounds[-1:] != (math.inf,):
            found.append(f"{family.name} {labels} has the bounds {bounds}")
        if list(counts) != sorted(counts) or counts[-1:] != (group.get("_count"),):
            found.append(f"{family.name} {labels} counts {counts} of {group.get('_count')}")
        if "_sum" not in group:
            found.append(f"{family.name} {labels} has no sum")
    return found
