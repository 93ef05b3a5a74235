"""Models on Replicate and the schemas they publish, in its own form: enums behind references, `order` and titles and all.

Written from Replicate's own API pages and from what others noted of its schemas, not from the catalog.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
FILE: dict[str, Any] = {"type": "string", "format": "uri"}
FILES: dict[str, Any] = {"type": "array", "items": FILE, "default": []}
SEED: dict[str, Any] = {"type": "integer"}
VIDEO: dict[str, Any] = {"type": "string", "title": "Output", "format": "uri"}
RATIOS = ["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "9:21"]
COMMUNITY = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa"


def number(default: int | None = None, low: int | None = None, high: int | None = None, kind: str = "integer") -> dict[str, Any]:
    told = {"default": default, "minimum": low, "maximum": high}
    return {"type": kind, **{name: value for name, value in told.items() if value is not None}}


def choice(default: Any, *options: Any) -> dict[str, Any]:
    kind = "integer" if isinstance(options[0], int) else "string"
    return {"enum": list(options), "type": kind, "default": default}


def switch(default: bool) -> dict[str, Any]:
    return {"type": "boolean", "default": default}


@dataclass
class Published:
    """One model. `version`: the id of its newest, `hidden` for official ones, None where it shows none."""

    inputs: dict[str, dict[str, Any]]
    required: tuple[str, ...] = ("prompt",)
    version: str | None = "hidden"
    output: dict[str, Any] = field(default_factory=lambda: VIDEO)
    description: str = "Makes videos"
    example: Any = None
    fps: int = 24
    seconds: float = 5
    """How long its clips are, where it is not asked."""

    @property
    def openapi(self) -> dict[str, Any]:
        parts: dict[str, Any] = {"Output": self.output, "Input": {"type": "object", "title": "Input", "properties": {}}}
        for order, (name, value) in enumerate(self.inputs.items()):
            if "enum" in value:
                parts[name] = {"enum": value["enum"], "type": value["type"], "title": name, "description": "An enumeration."}
                told = {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "default": value["default"]}
            else:
                told = {**value, "title": name.replace("_", " ").title()}
            parts["Input"]["properties"][name] = {**told, "x-order": order, "description": f"About {name}"}
        parts["Input"]["required"] = list(self.required)
        return {"openapi": "3.0.2", "info": {"title": "Cog", "version": "0.1.0"}, "paths": {}, "components": {"schemas": parts}}


_SEEDANCE = {
    "fps": choice(24, 24), "seed": SEED, "image": FILE, "prompt": TEXT, "duration": number(5, 2, 12),
    "resolution": choice("1080p", "480p", "720p", "1080p"), "aspect_ratio": choice("16:9", *RATIOS),
    "camera_fixed": switch(False), "last_frame_image": FILE,
}  # fmt: skip
_SEEDANCE2 = {
    "seed": SEED, "image": FILE, "prompt": TEXT, "duration": number(5, -1, 15), "resolution": choice("720p", "480p", "720p"),
    "aspect_ratio": choice("16:9", *RATIOS, "adaptive"), "generate_audio": switch(True), "last_frame_image": FILE,
    "reference_audios": FILES, "reference_images": FILES, "reference_videos": FILES,
}  # fmt: skip
_KLING = {"prompt": TEXT, "duration": choice(5, 5, 10), "start_image": FILE, "end_image": FILE, "negative_prompt": TEXT}
_SHAPES = {"aspect_ratio": choice("16:9", "16:9", "9:16", "1:1")}

MODELS = {
    "bytedance/seedance-1-pro": Published(_SEEDANCE),
    "bytedance/seedance-1-lite": Published(_SEEDANCE),
    "bytedance/seedance-2.0": Published({**_SEEDANCE2, "resolution": choice("720p", "480p", "720p", "1080p", "4k"),
                                         "prompt": {**TEXT, "maxLength": 4000}}),
    "bytedance/seedance-2.0-fast": Published({**_SEEDANCE2, "prompt": {**TEXT, "maxLength": 4000}}),
    "minimax/video-01": Published(
        {"prompt": TEXT, "first_frame_image": FILE, "subject_reference": FILE, "prompt_optimizer": switch(True)},
        fps=25, seconds=6,
    ),
    "minimax/hailuo-02": Published(
        {"prompt": TEXT, "duration": choice(6, 6, 10), "resolution": choice("1080p", "512p", "768p", "1080p"),
         "last_frame_image": FILE, "prompt_optimizer": switch(True), "first_frame_image": FILE}
    ),
    "kwaivgi/kling-v2.1": Published({"mode": choice("standard", "standard", "pro"), **_KLING}),
    "kwaivgi/kling-v2.5-turbo-pro": Published({**_KLING, **_SHAPES}),
    "kwaivgi/kling-v3-video": Published(
        {**_KLING, **_SHAPES, "mode": choice("pro", "standard", "pro", "4k"), "duration": number(5, 3, 15), "multi_prompt": TEXT,
         "generate_audio": switch(False)}
    ),
    "wan-video/wan-2.2-i2v-a14b": Published(
        {
            "seed": SEED,
            "image": FILE,
            "prompt": TEXT,
            "num_frames": number(81, 81, 100),
            "resolution": choice("480p", "480p", "720p"),
            "sample_shift": number(5, 1, 20, "number"),
            "sample_steps": number(30, 1, 50),
            "frames_per_second": number(16, 5, 24),
        },
        required=("prompt", "image"),
        fps=16,
    ),
    "runwayml/gen4-turbo": Published(
        {"seed": SEED, "image": FILE, "prompt": TEXT, "duration": choice(5, 5, 10), "aspect_ratio": choice("16:9", *RATIOS[:6])},
        required=("prompt", "image"),
    ),
    # what the catalog does not list
    "acme/tides": Published(   # official, with words for numbers
        {"prompt": TEXT, "negative_prompt": TEXT, "start_image": FILE, "end_image": FILE, "duration": choice("5", "5", "8"),
         "aspect_ratio": choice("auto", "auto", "16:9", "9:16"), "resolution": choice("720p", "540p", "720p"),
         "seed": number(None, 0, 65535), "generate_audio": switch(True)},
        required=("prompt", "start_image"),
    ),
    "amateur/drift": Published(   # by its community, counting frames
        {"prompt": TEXT, "image": FILE, "num_frames": number(97, 33, 257), "fps": number(24, 1, 60), "seed": SEED,
         "steps": number(30, 1, 100)},
        version=COMMUNITY, output={"type": "array", "items": VIDEO}, example=["https://replicate.delivery/x/out.mp4"],
    ),
    "acme/still": Published({"prompt": TEXT, "image": FILE}, example="https://replicate.delivery/x/out.webp"),
    "acme/upscale": Published({"video": FILE, "duration": number(5, 1, 9)}, required=("video",)),
    "acme/lips": Published(
        {"prompt": TEXT, "image": FILE, "voice": FILE, "duration": number(5, 1, 9)}, required=("prompt", "voice")
    ),
    "acme/words": Published({"prompt": TEXT, "duration": number(5, 1, 9)}, output={"type": "string", "title": "Output"}),
    "acme/shy": Published({"prompt": TEXT}, version=None),
}  # fmt: skip
