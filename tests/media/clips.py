"""Tiny clips whose frames tell their own number, made with ffmpeg itself and not with what is tested."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from longvid_core.media.encode import ClipWriter
from longvid_core.media.ffmpeg import ffmpeg_binary

WIDTH, HEIGHT = 96, 64
STEP = 3


def picture(number: int, width: int = WIDTH, height: int = HEIGHT, tint: int = 0) -> np.ndarray:
    """Frame `number`: a grey that says which (16 + 3 · number), with a coloured corner so that matrices matter."""
    frame = np.full((height, width, 3), 16 + STEP * number, np.uint8)
    frame[: height // 4, : width // 4] = (200, 40 + tint, 60)
    return frame


def number_of(rgb: np.ndarray) -> int:
    """Which frame a decoded picture is."""
    height, width = rgb.shape[:2]
    return round((float(rgb[height // 2 :, width // 2 :].mean()) - 16) / STEP)


def pictures(count: int, first: int = 0, **size: int) -> list[np.ndarray]:
    return [picture(first + i, **size) for i in range(count)]


def ffv1(path: Path, frames: Sequence[np.ndarray], fps: float | Fraction = 16) -> Path:
    height, width = frames[0].shape[:2]
    with ClipWriter(path, width, height, fps) as clip:
        for frame in frames:
            clip.write(frame)
    return path


def ffmpeg(*args: str | Path, stdin: bytes = b"") -> None:
    done = subprocess.run([ffmpeg_binary(), "-y", "-v", "error", *map(str, args)], input=stdin, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def encoded(path: Path, frames: Sequence[np.ndarray], *options: str, fps: str = "16", sound: Path | None = None) -> Path:
    """The frames through ffmpeg with these output options (x264 with B-frames unless they say otherwise)."""
    height, width = frames[0].shape[:2]
    raw = b"".join(frame.tobytes() for frame in frames)
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", fps, "-i", "pipe:0"]
    if sound is not None:
        source += ["-i", str(sound)]
    usual = ["-c:v", "libx264", "-crf", "12", "-bf", "3", "-pix_fmt", "yuv420p"]
    ffmpeg(*source, *usual, *options, path, stdin=raw)
    return path


def decoded(path: Path) -> list[np.ndarray]:
    """All frames as RGB, by PyAV alone."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def numbers(path: Path) -> list[int]:
    return [number_of(frame) for frame in decoded(path)]


def samples(path: Path) -> np.ndarray:
    """The sound as float, samples x channels."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="stereo", rate=48000)
        pieces = [p.to_ndarray() for frame in container.decode(audio=0) for p in resampler.resample(frame)]
    return np.concatenate([piece.reshape(-1, 2) for piece in pieces])


def left_behind(folder: Path) -> list[str]:
    """Everything hidden or half-written in a folder."""
    return sorted(p.name for p in folder.iterdir() if p.name.startswith(".longvid") or p.suffix == ".part")
