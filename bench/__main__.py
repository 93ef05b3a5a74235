"""`python -m bench [NAME …]`: measure, print each figure with its bound, write out/bench/NAME.json. Without a name: all.

Exit code 1 when a bound is broken.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys

from .measure import ROOT, Figure

NAMES = ("startup", "cached", "concat", "wan", "remote")
RESULTS = ROOT / "out" / "bench"


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"bench: {', '.join(unknown)} is unknown; there are {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    good = True
    for name in names or NAMES:
        print(name, flush=True)
        found: list[Figure] = []
        for figure in importlib.import_module(f"bench.{name}").figures():
            found.append(figure)
            print(_line(figure), flush=True)
        good = good and all(figure.passed for figure in found)
        RESULTS.mkdir(parents=True, exist_ok=True)
        machine = {"system": platform.system(), "cores": os.cpu_count(), "python": platform.python_version()}
        record = {"machine": machine, "figures": [figure.json_value() for figure in found]}
        (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if good else 1


def _line(figure: Figure) -> str:
    value = f"{figure.value:.2f} {figure.unit}".rstrip()
    bound = "" if figure.bound is None else f"at most {figure.bound:g} {figure.unit}".rstrip()
    verdict = "ok" if figure.passed else "BROKEN"
    return f"  {verdict:6} {figure.name:58} {value:>10}   {bound:16} {figure.note}".rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
