"""The corpora of the fuzzer as text, one input a line: what is not printable ASCII is `\\n`, `\\r`, `\\t` or `\\x` and two
digits, a backslash is two. Lines that begin with `#` are remarks.

    corpus.py unpack TARGET FOLDER           writes every input of a target as a file
    corpus.py pack TARGET FOLDER             makes found.txt of what a folder has beyond the other files
    corpus.py add TARGET REMARK FILE         appends an input to broken.txt, the shortest of what once broke a property
"""

import hashlib
import re
import sys
from pathlib import Path

CORPORA = Path(__file__).resolve().parent / "Corpora"
FILES = ["seeds.txt", "broken.txt", "found.txt"]
SHORT = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x5C: "\\\\"}


def escape(data):
    text = "".join(SHORT.get(byte) or (chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02x}") for byte in data)
    # A remark, and what an editor may cut off.
    text = re.sub(r"^#", r"\\x23", text)
    return re.sub(r" $", r"\\x20", text)


def unescape(line):
    def byte(match):
        escaped = match.group(1)
        return chr(int(escaped[1:], 16)) if escaped[0] == "x" else {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}[escaped]

    return re.sub(r"\\(x[0-9a-f]{2}|[nrt\\])", byte, line).encode("latin-1")


def read(target, name):
    path = CORPORA / target / name
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    return [unescape(line) for line in lines if line and not line.startswith("#")]


def unpack(target, folder):
    Path(folder).mkdir(parents=True, exist_ok=True)
    for data in (data for name in FILES for data in read(target, name)):
        (Path(folder) / hashlib.sha1(data).hexdigest()).write_bytes(data)


def pack(target, folder):
    known = set(read(target, "seeds.txt") + read(target, "broken.txt"))
    found = {path.read_bytes() for path in Path(folder).iterdir()} - known - {b""}
    lines = [escape(data) for data in sorted(found, key=lambda data: (len(data), data))]
    (CORPORA / target / "found.txt").write_text("".join(line + "\n" for line in lines), "ascii")
    print(f"{target}: {len(lines)} inputs, {sum(map(len, lines))} bytes")


def add(target, remark, file):
    data = Path(file).read_bytes()
    if data not in read(target, "broken.txt"):
        with open(CORPORA / target / "broken.txt", "a", encoding="ascii") as out:
            out.write(f"# {remark}\n{escape(data)}\n")


if __name__ == "__main__":
    commands = {"unpack": unpack, "pack": pack, "add": add}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
