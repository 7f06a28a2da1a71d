"""The benchmark: see docs/benchmarks.md."""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

import growth
import soak
import whole
from load import Unfit
from paths import ROOT


def interrupted(number: int, _) -> None:
    """As Ctrl-C: a statement that runs in the database is canceled by it too."""
    raise KeyboardInterrupt(number)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench")
    commands = parser.add_subparsers(required=True)
    for name, module in {"all": whole, "growth": growth, "soak": soak}.items():
        command = commands.add_parser(name, help=module.__doc__)
        command.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
        command.add_argument("--binary", type=Path, default=ROOT / ".build/release/kessai")
        command.set_defaults(run=module.run)
        module.add_options(command)
    given = parser.parse_args()
    given.binary = given.binary.resolve()
    # Whoever asks it to end gets everything that was started ended, and the folder removed.
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, interrupted)
    with tempfile.TemporaryDirectory(prefix="kessai-bench.", ignore_cleanup_errors=True) as name:
        # The private PostgreSQL may run under an account of its own, which must get through.
        os.chmod(name, 0o755)
        try:
            given.run(given, Path(name))
        except Unfit as reason:
            print(f"bench: nothing of this counts: {reason}", file=sys.stderr)
            return 1
        except KeyboardInterrupt as asked:
            return 128 + asked.args[0]
    return 0


sys.exit(main())
