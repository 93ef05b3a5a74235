"""`longvid concat` against plain ffmpeg doing the same: 24 and 120 clips of 81 frames, 832x480, 16 fps."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from .measure import LONGVID, ROOT, Figure, alternately, resident, run

MEGABYTE = 2**20
FRAMES, WIDTH, HEIGHT, FPS = 81, 832, 480, 16
_IDLE = "import sys, longvid_core.cli, longvid_core.cli.clips; sys.stdout.write('.'); sys.stdout.flush(); sys.stdin.read()"


def figures() -> Iterator[Figure]:
    """Time over plain ffmpeg, and memory above an idle `longvid`, at both lengths."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_scratch()) as folder:
        clips = _clips(Path(folder))
        idle = _idle_memory()
        for kind, bound, lengths in (("copy", 1.5, ((24, 7), (120, 5))), ("encode", 1.10, ((24, 3), (120, 1)))):
            peaks = []
            for count, turns in lengths:
                chosen = [clips[i % len(clips)] for i in range(count)]
                plain, ours = _commands(chosen, Path(folder), kind)
                run(plain)
                commands = (plain, ours, [*LONGVID, "--version"])
                baseline, own, start = alternately(turns, *(partial(_seconds, command) for command in commands))
                note = f"{own:.2f} s, {start:.2f} s of it to start at all, against {baseline:.2f} s"
                yield Figure(f"concat {kind}, {count} clips: time over plain ffmpeg", own / baseline, "x", bound, note)
                every_s, times = (0.005, 3) if kind == "copy" else (0.05, 1)
                peak = max(run(ours, sample_s=every_s).peak for _ in range(times)) - idle
                peaks.append(peak)
                yield Figure(f"concat {kind}, {count} clips: memory above an idle longvid", peak / MEGABYTE, "MB", 256)
            yield Figure(f"concat {kind}: memory at 120 clips over memory at 24", peaks[1] / max(1, peaks[0]), "x", 1.15)


def _seconds(command: Sequence[str]) -> float:
    return run(command).seconds


def _commands(clips: Sequence[Path], folder: Path, kind: str) -> tuple[list[str], list[str]]:
    from longvid_core.media.ffmpeg import ffmpeg_binary

    listing = folder / "list.txt"
    listing.write_text("".join(f"file '{clip}'\n" for clip in clips))
    options = ["-c", "copy"] if kind == "copy" else ["-c:v", "libx264", "-crf", "18", "-preset", "medium"]
    source = ["-f", "concat", "-safe", "0", "-i", str(listing)]
    plain = [ffmpeg_binary(), "-y", "-nostdin", "-v", "error", *source, *options, str(folder / "plain.mp4")]
    ours = [*LONGVID, "concat", *map(str, clips), "-o", str(folder / "ours.mp4"), *(["--copy"] if kind == "copy" else [])]
    return plain, ours


def _clips(folder: Path) -> list[Path]:
    """Eight H.264 clips (crf 18, B-frames, as generators deliver them) of moving, textured pictures."""
    from longvid_core.media.ffmpeg import ffmpeg_binary

    made = []
    for i in range(8):
        made.append(folder / f"clip{i}.mp4")
        scene = f"mandelbrot=s={WIDTH}x{HEIGHT}:r={FPS}:start_scale={3 - i * 0.3}:end_scale={0.3 + i * 0.02}:end_pts=200"
        source = ["-f", "lavfi", "-i", f"{scene},noise=alls=6:allf=t:all_seed={i}"]
        encoder = ["-frames:v", str(FRAMES), "-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p"]
        subprocess.run([ffmpeg_binary(), "-y", "-v", "error", *source, *encoder, str(made[-1])], check=True)
    return made


def _idle_memory() -> int:
    process = subprocess.Popen([sys.executable, "-c", _IDLE], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(1)
    memory = resident(process.pid)
    process.communicate()
    return memory


def _scratch() -> Path:
    folder = ROOT / "out"
    folder.mkdir(exist_ok=True)
    return folder
