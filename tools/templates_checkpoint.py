"""The template whose keyframes a checkpoint on the canvas draws, with core nodes: one still for each item of the plan's lists."""

from __future__ import annotations

from typing import Any

from tools.templates import GOLD, GREEN, MODELS_NOTE, TEAL, VIOLET, film_nodes, group, node, note

RED_TRAM = """\
Style: 35 mm film photograph, natural light, muted colours, fine grain.

Wide shot, slow push in at dawn: a small red tram waits at the last stop of a seaside town, mist over the rails.

The red tram climbs a steep narrow street between pale houses, and laundry moves above the red tram.

CUT TO: Wide shot, pan right at noon: the red tram crosses a stone bridge over a green river, and swallows fly around it.

Wide shot, slow pull out at dusk: the red tram stands on a hill above the town, and lights come on below the red tram.
"""

RUST = "#a8604f"
CHECKPOINT = "sd_xl_base_1.0.safetensors"
ADDRESS = f"https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/resolve/main/{CHECKPOINT}"
NEGATIVE = "text, watermark, logo, border, collage, blurry, low quality, deformed"

START_NOTE = """\
# Stills by your own checkpoint

Get the file (see **File**), then press **Run**.

### 1 Plan

Your text becomes shots.

### 2 Lists

**Plan to Lists** gives what each still shows, and its seed. Whatever is connected to a list runs once for each item of it.

### 3 Stills

Core nodes, as you know them. Patch the model, add a ControlNet, put another sampler there: all that counts is that one picture \
comes out for each item. **Keyframes from Images** takes them in.

### 4 Clips

Each shot, between its two stills.

### 5 Film

Joined to the frame, with a manifest.
"""

FILE_NOTE = f"""\
### One file

ComfyUI offers to download it: *View details*, *Download all*. By hand, from \
[stabilityai](https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0), into this folder of **models**:

- **checkpoints** · 6.9 GB · {CHECKPOINT}

### Another checkpoint

Any. The stills have the film's size: set it in the planner to one that the model likes, in multiples of 8.

- **v1-5-pruned-emaonly-fp16.safetensors**: 768x432
- **sd3.5_large_fp8_scaled.safetensors**: 1280x720, *cfg* 4.5, *euler*, *sgm_uniform*

### Alike from still to still

All stills start from the same noise (Seed Lock: *universal*), and the plan says in each how people look. A LoRA or an \
IP-Adapter in front of the sampler holds a face.
"""

LINKS = [
    ["planner", "plan", "seeds", "plan"],
    ["seeds", "plan", "lists", "plan"],
    ["lists", "width", "canvas", "width"],
    ["lists", "height", "canvas", "height"],
    ["lists", "keyframe_prompts", "words", "text"],
    ["lists", "keyframe_seeds", "sampler", "seed"],
    ["checkpoint", "MODEL", "sampler", "model"],
    ["checkpoint", "CLIP", "words", "clip"],
    ["checkpoint", "CLIP", "not", "clip"],
    ["checkpoint", "VAE", "decoded", "vae"],
    ["words", "CONDITIONING", "sampler", "positive"],
    ["not", "CONDITIONING", "sampler", "negative"],
    ["canvas", "LATENT", "sampler", "latent_image"],
    ["sampler", "LATENT", "decoded", "samples"],
    ["seeds", "plan", "keyframes", "plan"],
    ["decoded", "IMAGE", "keyframes", "images"],
    ["seeds", "plan", "clips", "plan"],
    ["keyframes", "keyframes", "clips", "keyframes"],
    ["clips", "clips", "concat", "clips"],
    ["concat", "film", "manifest", "film"],
]

TEMPLATES: dict[str, dict[str, Any]] = {
    "keyframes_from_checkpoint": {
        "id": "5d7a4c38-0b6e-4f19-a2c4-636865636b70",
        "nodes": [
            note("note", START_NOTE, (0, 40), (360, 560), "Start here"),
            note("file", FILE_NOTE, (1800, 620), (740, 420), "File"),
            node(
                "planner", "LongvidSegmentPlanner", (420, 40), (460, 1000),
                widgets={
                    "prompt": RED_TRAM, "mode": "keyframe", "seconds": 18.0, "segments": 4, "width": 1280, "height": 720,
                    "title": "The Red Tram",
                },
            ),
            node("seeds", "LongvidSeedLock", (960, 40), (340, 400), widgets={"seed": 20260909, "policy": "universal"}),
            node("lists", "LongvidPlanToLists", (960, 500), (340, 250)),
            node(
                "checkpoint", "CheckpointLoaderSimple", (1380, 40), (360, 98), widgets={"ckpt_name": CHECKPOINT},
                properties={"models": [{"name": CHECKPOINT, "url": ADDRESS, "directory": "checkpoints"}]},
            ),
            node("words", "CLIPTextEncode", (1800, 40), (340, 100), title="What each still shows"),
            node("not", "CLIPTextEncode", (1800, 200), (340, 140), widgets={"text": NEGATIVE}, title="What no still shows"),
            node("canvas", "EmptyLatentImage", (1800, 400), (340, 106)),
            node(
                "sampler", "KSampler", (2200, 40), (340, 270),
                widgets={
                    "control_after_generate": "fixed", "steps": 30, "cfg": 6.5, "sampler_name": "dpmpp_2m", "scheduler": "karras",
                },
            ),
            node("decoded", "VAEDecode", (2200, 400), (340, 46)),
            node("keyframes", "LongvidKeyframesFromImages", (2600, 40), (520, 1000)),
            node("clips", "LongvidRemoteVideo", (3200, 40), (440, 600)),
            note("models", MODELS_NOTE, (3200, 700), (440, 340), "Other models"),
            *film_nodes("longvid/red_tram", left=3720),
        ],
        "links": LINKS,
        "groups": [
            group("1  Plan", GOLD, 400, -40, 500, 1130),
            group("2  Seeds and lists", VIOLET, 940, -40, 380, 1130),
            group("3  Stills", RUST, 1360, -40, 1780, 1130),
            group("4  Clips", TEAL, 3180, -40, 480, 1130),
            group("5  Film", GREEN, 3700, -40, 600, 1130),
        ],
    },
}  # fmt: skip
