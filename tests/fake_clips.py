"""The clips that video services give: real files, made by ffmpeg, each shape once."""

from __future__ import annotations

import functools
import tempfile
import threading
from pathlib import Path

from tests.media.clips import ffmpeg

_making = threading.Lock()


def made_clip(width: int, height: int, fps: str, frames: int, sound: bool = False) -> bytes:
    """A real MP4 (h264, and AAC where asked) whose picture moves. Made once for each shape."""
    with _making:
        return _clip(width, height, fps, frames, sound)


@functools.lru_cache(maxsize=64)
def _clip(width: int, height: int, fps: str, frames: int, sound: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        source: list[str] = ["-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate={fps}"]
        if sound:
            source += ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-c:a", "aac", "-shortest"]
        look = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
        ffmpeg(*source, "-frames:v", str(frames), *look, path)
        return path.read_bytes()
