"""Where things lie."""

from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
TOOLS = ROOT / ".build/benchmarks"
EVENT = BENCHMARKS / "event.json"
