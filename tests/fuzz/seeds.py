#!/usr/bin/env python3
"""Writes seeds and dictionaries for the fuzz targets from the project's fixtures.

    python3 tests/fuzz/seeds.py

Seeds go to work/<target>/seeds, dictionaries to work/<target>/dictionary. Run it again after adding a fixture.
"""

import pathlib
import re
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = ["altcraft", "carrotquest", "channeltalk", "infobip", "karte"]
FORM = "application/x-www-form-urlencoded"
# Values that readers stumble over, wherever they stand.
ODD = [b"null", b"[]", b"{}", b'""', b"1e999", b"-0", b"18446744073709551616", b"\\ud800", b"\\u0000", b"\xef\xbf\xbf",
       b"\xef\xbb\xbf", b"%00", b"%FF", b"%7B", b"2026-11-21T09:30:00.125Z", b"9999-12-31T23:59:59-23:59"]
HEADERS = ["content-type: application/json", "content-type: " + FORM, "content-encoding: gzip",
           "content-encoding: deflate", "authorization: Bearer canary", "x-secret: canary",
           "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
           "x-amzn-trace-id: Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1"]


def fixtures(source):
    folder = HERE.parent.parent / "shared/normalize/src" / source / "fixtures"
    for path in sorted(folder.iterdir()):
        *route, _ = path.stem.split(".")
        yield "/".join(route), path.suffix == ".form", path.read_bytes()


def names(body, is_form):
    """Field names and short values of a body, the way they are written in it."""
    text = body.decode("utf-8", "replace")
    if is_form:
        yield from (name for name in re.findall(r"(?:^|&)([^=&]+)=", text))
        text = urllib.parse.unquote_plus(text)
    yield from re.findall(r'"([^"\\\s]{1,40})"\s*:', text)
    yield from re.findall(r':\s*"([A-Za-z][A-Za-z0-9_./ -]{1,30})"', text)


def entry(data):
    return '"%s"' % "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else "\\x%02x" % b for b in data)


def write(target, seeds, words):
    folder = HERE / "work" / target
    (folder / "seeds").mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (folder / "seeds" / f"{number:04}").write_bytes(seed)
    known = HERE / "work" / target / "known"
    known.mkdir(exist_ok=True)
    for number, line in enumerate((HERE / "corpus" / f"{target}.hex").read_text().splitlines()):
        (known / f"{number:04}").write_bytes(bytes.fromhex(line))
    lines = [entry(word) for word in [*ODD, *sorted(words)]]
    (folder / "dictionary").write_text("\n".join(lines) + "\n")
    print(f"{target}: {len(seeds)} seeds, {len(lines)} words")


def main():
    requests = []
    for source in SOURCES:
        seeds, words = [], set()
        for number, (route, is_form, body) in enumerate(fixtures(source)):
            kind = f" {FORM}" if is_form else ""
            seeds.append(f"{route}{kind}\n".encode() + body)
            words.update(name.encode() for name in names(body, is_form))
            words.update(part.encode() for part in route.split("/") if part)
            # Each way to prove who is calling, each coding, some mishaps.
            letters = [SOURCES.index(source), number % 8 + 8 * (number % 7 == 6), number // 2 % 8, number // 3 % 16]
            content_type = FORM if is_form else "application/json"
            head = "".join(chr(ord("a") + letter) for letter in letters)
            head += f"POST /{source}/{urllib.parse.quote(route)}?n={number}\ncontent-type: {content_type}\n"
            head += HEADERS[number % len(HEADERS)] + "\n\n"
            requests.append(head.encode() + body)
        write(source, seeds, words)
    words = {header.encode() + b"\n" for header in HEADERS} | {b"GET ", b"POST ", b"/key-", b"token="}
    words |= {b"/" + source.encode() for source in SOURCES}
    write("gateway", requests, words)


if __name__ == "__main__":
    main()
