#!/usr/bin/env python3
"""Renews corpus/<target>.hex: the smallest inputs of a run that reach code which no seed reaches, one a line.

    python3 tests/fuzz/corpus.py karte [gateway ...]

Needs the target built (`cargo fuzz build -s none -O`), the seeds (seeds.py) and what a run left in work/<target>/corpus.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# Larger inputs are not worth their place in the repository: a run finds them again within minutes.
MAX_BYTES = 160


def renew(target):
    found = sorted((HERE / "target").glob(f"*/release/{target}"))
    if not found:
        sys.exit(f"{target} is not built: cargo fuzz build -s none -O {target}")
    with tempfile.TemporaryDirectory() as folder:
        merged, small = pathlib.Path(folder, "merged"), pathlib.Path(folder, "small")
        shutil.copytree(HERE / "work" / target / "seeds", merged)
        small.mkdir()
        for known in [HERE / "work" / target / "known", HERE / "work" / target / "corpus"]:
            for path in known.iterdir() if known.is_dir() else []:
                if path.stat().st_size <= MAX_BYTES:
                    shutil.copy(path, small / path.name)
        seeds = {path.name for path in merged.iterdir()}
        command = [found[0], "-merge=1", "-use_counters=0", "-rss_limit_mb=2048", merged, small]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        kept = {path.read_bytes().hex() for path in merged.iterdir() if path.name not in seeds} - {""}
    lines = sorted(kept, key=lambda line: (len(line), line))
    (HERE / "corpus" / f"{target}.hex").write_text("\n".join(lines) + "\n")
    print(f"{target}: {len(kept)} inputs")


for name in sys.argv[1:] or sys.exit(__doc__):
    renew(name)
