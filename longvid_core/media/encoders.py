"""The film's encoder: what may be asked for, what container holds it, which options make its bytes repeat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from ..errors import BadInput
from ..models.film import Preset
from .encode import FFV1
from .ffmpeg import THREADS

CONTAINERS = {"h264": ("mp4", "mov", "mkv"), "h265": ("mp4", "mov", "mkv"), "prores": ("mov", "mkv"), "ffv1": ("mkv",)}
MUXERS = {"mp4": "mp4", "mov": "mov", "mkv": "matroska"}
PRESETS = get_args(Preset)
_CRF = {"h264": 18, "h265": 20}


@dataclass(frozen=True)
class Encoder:
    """codec: h264, h265, prores or ffv1. crf (0 best to 51) and preset are x264's and x265's; the others have neither and
    ignore them. None takes the codec's default: crf 18 (h264) or 20 (h265), preset medium."""

    codec: str = "h264"
    crf: int | None = None
    preset: str | None = None

    def __post_init__(self) -> None:
        if self.codec not in CONTAINERS:
            raise BadInput(f"codec {self.codec!r} is unknown.", f"Choose one of: {', '.join(CONTAINERS)}.")
        if self.crf is not None and not 0 <= self.crf <= 51:
            raise BadInput(f"crf is {self.crf}; it goes from 0 (best) to 51 (smallest).")
        if self.preset is not None and self.preset not in PRESETS:
            raise BadInput(f"preset {self.preset!r} is unknown.", f"Choose one of: {', '.join(PRESETS)}.")

    def check(self, target: Path, width: int, height: int) -> str:
        """ffmpeg's name for the container `target` asks for. BadInput when it cannot hold the codec, or the codec the size."""
        suffix = target.suffix.lower().removeprefix(".")
        if suffix not in CONTAINERS[self.codec]:
            fitting = [c for c, kinds in CONTAINERS.items() if suffix in kinds]
            raise BadInput(
                f"{target.name}: {self.codec} is not kept in {f'.{suffix}' if suffix else 'a file without extension'}.",
                f"Name it {' or '.join('.' + kind for kind in CONTAINERS[self.codec])}"
                + (f", or choose the codec {' or '.join(fitting)}." if fitting else "."),
            )
        if self.codec in ("h264", "h265") and (width % 2 or height % 2):
            raise BadInput(
                f"{self.codec} needs an even width and height, and the film would be {width}x{height}.",
                f"Ask for {width + width % 2}x{height + height % 2}, or for the codec ffv1.",
            )
        return MUXERS[suffix]

    def pixels(self, source: str) -> str:
        """The pixel format to encode pictures of format `source` in."""
        full_chroma = source.startswith(("bgr", "rgb", "gbr", "0rgb", "yuv444", "yuvj444", "yuva444"))
        if self.codec == "prores":
            return "yuv444p10le" if full_chroma else "yuv422p10le"
        if self.codec == "ffv1":
            return source
        return "yuv420p"

    def options(self, pixels: str) -> dict[str, Any]:
        """ffmpeg's output options for the picture stream, `pixels` being what `pixels()` said."""
        if self.codec == "ffv1":
            return {**FFV1, "pix_fmt": pixels}
        if self.codec == "prores":
            profile = "4444" if pixels.startswith("yuv444") else "hq"
            return {"c:v": "prores_ks", "profile:v": profile, "vendor": "apl0", "threads:v": THREADS, "pix_fmt": pixels}
        crf = _CRF[self.codec] if self.crf is None else self.crf
        quality = {"crf": crf, "preset": self.preset or "medium", "pix_fmt": pixels}
        if self.codec == "h264":
            return {"c:v": "libx264", **quality, "threads:v": THREADS}
        # frame-threads changes x265's output and follows the machine unless told; pools does not, but saves memory
        x265 = f"pools={THREADS}:frame-threads=2:log-level=error:info=0"
        return {"c:v": "libx265", **quality, "tag:v": "hvc1", "x265-params": x265}

    def sound(self) -> dict[str, Any]:
        """ffmpeg's output options for the sound track: as it is beside mastering codecs, AAC otherwise."""
        if self.codec in ("prores", "ffv1"):
            return {"c:a": "pcm_s16le"}
        return {"c:a": "aac", "b:a": "192k"}
