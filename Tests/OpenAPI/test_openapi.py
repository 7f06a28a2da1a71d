"""The document at `/openapi.json` is what is served: schemathesis asks every operation good and bad things, by it.

`KESSAI_OPENAPI_EXAMPLES` asks for so many things of each operation; then they are drawn anew at every run, and requests
follow one another as well.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = os.environ.get("KESSAI_OPENAPI_EXAMPLES")
# Tokens are good for 15 minutes.
SECONDS_MAX = 840


@pytest.mark.parametrize("role", [None, "buyer", "operator"])
def test_answers_are_as_declared_and_no_fault_of_ours(server, role):
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{server.url}/openapi.json", "--checks", "all",
               # `good_requests_are_taken` says it more closely.
               "--exclude-checks", "positive_data_acceptance", "--continue-on-failure", "--no-color"]
    if role:
        command += ["--header", f"Authorization: Bearer {server.token(role)}"]
    if EXAMPLES:
        command += ["--max-examples", EXAMPLES]
    else:
        command += ["--max-examples", "10", "--generation-deterministic", "--phases", "examples,coverage,fuzzing"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(Path(__file__).parent)}
    run = subprocess.run(command, cwd=server.folder, env=environment, capture_output=True, text=True,
                         timeout=SECONDS_MAX)
    assert run.returncode == 0, run.stdout + run.stderr
    server.stop()
    lines = [json.loads(line) for line in (server.folder / "serve.log").read_text().splitlines() if line[:1] == "{"]
    # Nobody in particular is mostly refused.
    asked = [line for line in lines if line["event"] in ("request", "request_refused")]
    assert len(asked) > 500
    assert [line for line in lines if line["level"] == "error"] == []
