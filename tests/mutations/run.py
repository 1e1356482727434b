#!/usr/bin/env python3
"""Breaks the protocol in one place at a time and shows that a test notices.

    python3 tests/mutations/run.py                 # all mutations
    python3 tests/mutations/run.py NAME ...        # some, by a part of their names
    python3 tests/mutations/run.py --list

Works on a copy of the sources under target/mutations, with a build directory of its own that is kept between runs: cargo
would take what it built of the copy for the workspace's own. The first run therefore compiles everything once. Ends with 0
only if every mutation was found in the sources and made a test fail.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from mutations import MUTATIONS

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "mutations"
COPY = WORK / "sources"
SKIP = {"target", ".git", "node_modules"}
# The quickest first: each command is run until one fails.
PIPELINE = [
    "-p tributary-pipeline --lib --test errors --test poison --test drops",
    "-p tributary-pipeline --test random --test interleave",
    "-p tributary-pipeline --test crash",
]
SUITES = {
    "pipeline": PIPELINE,
    "limits": ["-p tributary-pipeline --test limits"],
    "spill": ["-p tributary-pipeline --test spill"],
    "contract": ["--workspace --test contract"],
}
# A mutant may wait for ever, or sweep for ever: that is noticed too.
LIMIT_S = 1800


def copy_sources():
    """Brings the copy up to date, touching only what differs, so that cargo builds only what it must."""
    wanted = set()
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIP]
        for name in files:
            source = Path(folder) / name
            if source.is_symlink() or not source.is_file():
                continue
            target = COPY / source.relative_to(ROOT)
            wanted.add(target)
            data = source.read_bytes()
            if not target.exists() or target.read_bytes() != data:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
    for folder, _, files in os.walk(COPY):
        for name in files:
            if Path(folder) / name not in wanted:
                (Path(folder) / name).unlink()


def cargo(arguments):
    """Runs tests in the copy. Gives (passed, first failure)."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(WORK / "build"), "RUST_BACKTRACE": "0"}
    command = ["cargo", "test", "--quiet", *arguments.split()]
    try:
        done = subprocess.run(command, cwd=COPY, env=environment, capture_output=True, text=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        return False, f"no end after {LIMIT_S} s"
    if done.returncode == 0:
        return True, ""
    output = done.stdout + done.stderr
    if "could not compile" in output:
        errors = re.findall(r"^error.*(?:\n.*){0,6}", output, re.MULTILINE)
        sys.exit("The mutant does not compile: write the mutation anew.\n" + "\n".join(errors[:3]))
    failed = re.search(r"^---- (\S+) stdout ----", output, re.MULTILINE)
    binary = re.search(r"to rerun pass `(.*)`", output)
    where = binary.group(1).replace("-p tributary-", "").replace("--test ", "") if binary else "?"
    return False, f"{where}: {failed.group(1) if failed else 'the test process ended'}"


def mutate(mutation):
    """Writes the mutant. Gives what restores the file."""
    path = COPY / mutation["file"]
    text = path.read_text()
    found = text.count(mutation["find"])
    if found != 1:
        sys.exit(f"{mutation['name']}: its text is {found} times in {mutation['file']}, not once: write the mutation anew.")
    path.write_text(text.replace(mutation["find"], mutation["put"]))
    return lambda: path.write_text(text)


def main():
    names = sys.argv[1:]
    if names == ["--list"]:
        print("\n".join(mutation["name"] for mutation in MUTATIONS))
        return 0
    chosen = [one for one in MUTATIONS if not names or any(name in one["name"] for name in names)]
    if not chosen:
        sys.exit("No mutation has such a name: see --list.")
    copy_sources()
    for mutation in chosen:
        mutate(mutation)()
    for suite in sorted({one["suite"] for one in chosen}):
        for arguments in SUITES[suite]:
            passed, failure = cargo(arguments)
            if not passed:
                sys.exit(f"Without any mutation a test fails: {failure}. Mend that first.")
    rows, survived = [], 0
    for mutation in chosen:
        restore = mutate(mutation)
        begun = time.monotonic()
        try:
            for arguments in SUITES[mutation["suite"]]:
                passed, failure = cargo(arguments)
                if not passed:
                    break
        finally:
            restore()
        survived += passed
        row = (mutation["name"], "SURVIVED" if passed else failure, f"{time.monotonic() - begun:.0f} s")
        print("%-62s %-10s %s" % (row[0], row[2], row[1]), flush=True)
        rows.append(row)
    print("\n| mutation | first test that failed | time |\n| --- | --- | --- |")
    for name, failure, took in rows:
        print(f"| {name} | {failure} | {took} |")
    print(f"\n{len(rows)} mutations, {survived} survived.")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
