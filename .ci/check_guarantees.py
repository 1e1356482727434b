"""Holds docs/guarantees.md to the code: every test it names must exist, and each obligation P1 to P15 must name one.

A test is named as `path/to/file.rs::name`, and must stand in that file as a test function.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/guarantees.md"
NAMED = re.compile(r"`([\w./-]+\.(?:rs|py|mjs))::(\w+)`")
OBLIGATIONS = {f"P{number}" for number in range(1, 16)}
# An attribute that makes the next function a test, or a proptest! block around it.
ATTRIBUTE = r"#\[(?:tokio::)?test(?:\([^\]]*\))?\]\s*(?:#\[[^\]]*\]\s*)*(?:async\s+)?fn\s+{name}\s*\("


def is_test(text, name):
    return re.search(ATTRIBUTE.format(name=re.escape(name)), text) is not None


def broken(page, read):
    """What is wrong with the page; `read` gives a file's text, or None."""
    covered = set()
    for line in page.splitlines():
        row = re.match(r"\|\s*(P\d+)\s*\|", line)
        named = NAMED.findall(line)
        for path, name in named:
            text = read(path)
            if text is None:
                yield f"names {path}, which does not exist"
            elif not is_test(text, name):
                yield f"names {name}, which is no test in {path}"
        if row and named:
            covered.add(row[1])
    for obligation in sorted(OBLIGATIONS - covered, key=lambda each: int(each[1:])):
        yield f"no test is named for {obligation}"


def self_test():
    rows = [f"| {each} | x | `a.rs::good` |" for each in OBLIGATIONS]
    source = "#[test]\nfn good() {}\n#[tokio::test(flavor = \"x\")]\nasync fn other() {}\nfn helper() {}\n"
    read = {"a.rs": source}.get
    assert list(broken("\n".join(rows), read)) == []
    assert list(broken("\n".join([*rows, "see `a.rs::other`"]), read)) == []
    assert any("no test for" in each or "P7" in each for each in broken("\n".join(r for r in rows if "| P7 |" not in r), read))
    assert any("helper" in each for each in broken("\n".join([*rows, "`a.rs::helper`"]), read))
    assert any("gone" in each for each in broken("\n".join([*rows, "`a.rs::gone`"]), read))
    assert any("b.rs" in each for each in broken("\n".join([*rows, "`b.rs::good`"]), read))


def main():
    self_test()

    def read(path):
        file = ROOT / path
        return file.read_text(encoding="utf-8") if file.is_file() else None

    found = list(broken((ROOT / PAGE).read_text(encoding="utf-8"), read))
    for each in found:
        print(f"{PAGE}: {each}")
    if not found:
        print(f"{PAGE}: {len(NAMED.findall(read(PAGE)))} tests named, each exists")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
