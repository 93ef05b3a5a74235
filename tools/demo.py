"""`make demo`: a real ComfyUI turns the keyframe template's prompt into out/demo.mp4, with its manifest beside it.

ComfyUI runs headless from a scratch folder (.host/demo) on a free port of this machine, with this pack linked in; nothing
leaves the machine. Clips are kept in .longvid, or LONGVID_HOME where that is set: a second run renders nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

from tools.comfy_host import ROOT, ComfyHost, HostError, stop_when_told

WORKFLOW = ROOT / "workflows" / "api" / "keyframe_mode.json"
LONGVID = Path(sys.executable).with_name("longvid")
OUT = ROOT / "out"
BASE = ROOT / ".host" / "demo"
RESULTS = BASE / "results"


def main() -> int:
    """Makes the film; returns the process's exit code."""
    home = os.environ.setdefault("LONGVID_HOME", str(ROOT / ".longvid"))
    began = time.monotonic()
    stop_when_told()
    print("demo: starting ComfyUI (ten seconds or so) ...", flush=True)
    OUT.mkdir(exist_ok=True)
    try:
        with ComfyHost(BASE) as host:
            print(f"demo: sending {WORKFLOW.relative_to(ROOT)} to {host.url}", flush=True)
            shutil.rmtree(RESULTS, ignore_errors=True)
            code = submit(host.url)
            if code:
                print(f"demo: no film was made. ComfyUI's log: {host.log}", file=sys.stderr)
                return code
            film, manifest = results()
            check(film, manifest)
            os.replace(film, OUT / "demo.mp4")
            os.replace(manifest, OUT / "demo.manifest.json")
    except (HostError, RuntimeError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\ndemo: stopped. Finished clips are kept in {home}; `make demo` goes on from there.", file=sys.stderr)
        return 5
    report(time.monotonic() - began)
    return 0


def submit(url: str) -> int:
    """Runs the template with the film named `demo`; its files come to RESULTS. Returns longvid's exit code."""
    graph = json.loads(WORKFLOW.read_text(encoding="utf-8"))
    joins = [node for node, content in graph.items() if content["class_type"] == "LongvidConcat"]
    named = [f"--set={node}.filename_prefix=demo" for node in joins]
    workflow, results = str(WORKFLOW.relative_to(ROOT)), str(RESULTS.relative_to(ROOT))
    return subprocess.call([str(LONGVID), "submit", workflow, "--url", url, *named, "-o", results], cwd=ROOT)


def results() -> tuple[Path, Path]:
    """The film and the manifest among the files that came. RuntimeError where either is missing."""
    films, manifests = sorted(RESULTS.glob("demo*.mp4")), sorted(RESULTS.glob("demo*.manifest.json"))
    if len(films) != 1 or len(manifests) != 1:
        there = ", ".join(sorted(path.name for path in RESULTS.glob("*"))) or "nothing"
        raise RuntimeError(f"one film and one manifest were expected from {WORKFLOW.name}; what came is: {there}.")
    return films[0], manifests[0]


def check(film: Path, manifest: Path) -> None:
    """RuntimeError unless the manifest speaks of exactly this file."""
    recorded = json.loads(manifest.read_text(encoding="utf-8"))["film"]["sha256"]
    actual = hashlib.sha256(film.read_bytes()).hexdigest()
    if recorded != actual:
        raise RuntimeError(f"the manifest is of a film with sha256 {recorded}, and the film's is {actual}.")


def report(seconds: float) -> None:
    """What was made, and where to go from here."""
    manifest = json.loads((OUT / "demo.manifest.json").read_text(encoding="utf-8"))
    film, segments = manifest["film"], manifest["segments"]
    cached = sum(segment["outcome"] == "cached" for segment in segments)
    length = film["frames"] / Fraction(str(film["fps"]))
    print(
        f"""
demo: {len(segments)} segments, {film["frames"]} frames, {float(length):.1f} s at {film["width"]}x{film["height"]}, made in {
            seconds:.0f} s{f"; {cached} of {len(segments)} clips came from the store" if cached else ""}.

  out/demo.mp4             the film
  out/demo.manifest.json   everything that makes it again

Next:
  make demo                                      again: nothing is rendered twice
  make serve                                     the same on ComfyUI's canvas: Templates > Extensions > longvid
  .venv/bin/longvid make "your own story" -o out/mine.mp4
"""
    )


if __name__ == "__main__":
    sys.exit(main())
