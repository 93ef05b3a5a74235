"""The templates that sample with Wan2.1: the same film as in `tools/templates.py`, with models in its middle."""

from __future__ import annotations

from typing import Any

from tools.templates import GOLD, GREEN, LINKS, TEAL, VIOLET, group, node, note

LIGHTHOUSE = """\
Style: painted in oils, thick brush strokes, deep clear colours.

Wide shot, slow push in at dawn: a white lighthouse stands on a cliff above a calm sea, gulls circling around the lighthouse.

A storm gathers over the lighthouse: dark clouds, rain, and high waves breaking on the rocks below the lighthouse.

The lighthouse stands in golden light at dusk, the storm is gone, and gulls circle around the lighthouse again.

Night falls on the lighthouse, stars come out, and the beam of the lighthouse sweeps slowly over the dark sea.
"""

NIGHT_TRAIN = """\
Style: painted in gouache, warm lit windows, drifting snow.

Wide shot, pan right at dusk: an old train leaves a small town below snow mountains, smoke trailing behind the train.

The train runs on through a dark pine forest, its windows glowing between the trees.

The train comes out onto a high bridge over a frozen river, and snow begins to fall.

CUT TO: Wide shot, slow pull out at dawn: the train runs along an empty beach beside a calm golden sea.
"""

RUST = "#a8604f"
REPACKAGED = "https://huggingface.co/Comfy-Org/Wan_2.1_ComfyUI_repackaged"

KEYFRAME_NOTE = """\
# Wan2.1 between your stills

Get the four files (see **Files**, to the right), then press **Run**.

### 1 Plan

Your text becomes shots that Wan2.1 can render: up to 81 frames, five seconds, each.

### 2 Seeds and keyframes

One still for each end of a shot. Shots that run on share one.

### 3 Models

Your own: any quantization, LoRA or patch that ends in these four wires.

### 4 Clips

One shot after the other, from its first still to its last. Each is kept as soon as it is decoded: stop when you like, and \
**Run** goes on from there. Change a sentence, and only the shots it touches are sampled again.

To see one shot before you pay for the rest, set *segments* to `0`, later back to `all`.

### 5 Film

Joined to the frame, with a manifest that makes the same film again.
"""

PICTURES_NOTE = """\
### Pictures of your own

The stills are painted storyboard cards, and the film will look like them. Yours take their place:

- **One:** connect it to *first_image*.
- **All:** **Plan to Lists** gives *keyframe_prompts* to any image sampler on this canvas. **Keyframes from Images** takes \
its pictures in and connects to *keyframes* here.
- Or choose another provider in *images*.

### Size

Wan2.1 FLF2V was trained on 1280x720. Set that in the planner once the story stands: 832x480 is for trying.
"""

CHAINING_NOTE = """\
# Long takes with Wan2.1

Get the four files (see **Files**, to the right), then press **Run**.

### 1 Plan

Your text becomes shots of up to 81 frames, five seconds, each.

### 2 Seeds and keyframes

Only the first shot of each chain needs a still. A cut starts a new chain.

### 3 Models

Your own: any quantization, LoRA or patch that ends in these four wires.

### 4 Clips

Each shot starts on the exact last frame of the shot before it, and is kept as soon as it is decoded: stop when you like, and \
**Run** goes on from there. A changed shot takes those after it along, up to the next cut.

To see one shot before you pay for the rest, set *segments* to `0`, later back to `all`.

### 5 Film

Joined to the frame, with its manifest. **Last-Frame Extractor** gives the frame it ends on, to go on from there.
"""

START_NOTE = """\
### Start on your own picture

The first stills are painted storyboard cards, and the film will look like them. Yours take their place:

- **The first:** connect it to *first_image*.
- **One for each cut:** **Plan to Lists** gives *keyframe_prompts* to any image sampler on this canvas. **Keyframes from \
Images** takes its pictures in and connects to *keyframes* here.

### Size

This model was trained on 832x480. For 1280x720 load wan2.1_i2v_720p_14B_fp8_scaled.safetensors.
"""

FILES_NOTE = """\
### Four files

ComfyUI offers to download what is missing: *View details*, *Download all*. By hand, from \
[Comfy-Org/Wan_2.1_ComfyUI_repackaged]({address}), into these folders of **models**:

- **diffusion_models** · {size} GB · {model}
- **text_encoders** · 6.7 GB · umt5_xxl_fp8_e4m3fn_scaled.safetensors
- **vae** · 0.25 GB · wan_2.1_vae.safetensors
- **clip_vision** · 1.3 GB · clip_vision_h.safetensors

### Memory

A GPU of 24 GB holds this model at 832x480. On a smaller one ComfyUI keeps the rest in RAM, of which you need 32 GB or more. \
Where memory runs out, in this order:

1. *tiled_decode* on
2. start ComfyUI with `--lowvram`
3. a GGUF file, with its loader in the place of *Load Diffusion Model*
4. a block swap patch behind the loader
5. shorter shots, or a smaller picture

More shots never need more memory.
"""

NEGATIVE = (
    "oversaturated colours, overexposed, static, blurred details, subtitles, watermark, worst quality, low quality, "
    "JPEG artifacts, ugly, extra limbs, deformed, malformed, still picture, walking backwards"
)
"""The sampler's own, without `style of a painting`: these stills are painted."""


def loader(kind: str, top: int, height: int, folder: str, widget: str, name: str, **widgets: Any) -> dict[str, Any]:
    """A core loader, and where the frontend offers its file when it is missing."""
    address = f"{REPACKAGED}/resolve/main/split_files/{folder}/{name}"
    models = {"models": [{"name": name, "url": address, "directory": folder}]}
    return node(kind, kind, (1320, top), (400, height), widgets={widget: name, **widgets}, properties=models)


def nodes(story: str, plan: dict[str, Any], model: str, size: float, prefix: str) -> list[dict[str, Any]]:
    """All but the notes on the left: the same in both templates."""
    files = FILES_NOTE.format(model=model, size=size, address=REPACKAGED)
    return [
        node("planner", "LongvidSegmentPlanner", (400, 40), (460, 1080), widgets={"prompt": story, **plan}),
        node("seeds", "LongvidSeedLock", (940, 40), (340, 430), widgets={"seed": 20260909}),
        node("keyframes", "LongvidKeyframeGenerator", (1320, 120), (400, 350)),
        note("files", files, (940, 620), (340, 500), "Files"),
        loader("UNETLoader", 620, 82, "diffusion_models", "unet_name", model),
        loader("CLIPLoader", 766, 106, "text_encoders", "clip_name", "umt5_xxl_fp8_e4m3fn_scaled.safetensors", type="wan"),
        loader("VAELoader", 936, 58, "vae", "vae_name", "wan_2.1_vae.safetensors"),
        loader("CLIPVisionLoader", 1062, 58, "clip_vision", "clip_name", "clip_vision_h.safetensors"),
        node("clips", "LongvidWanFLF2VSampler", (1800, 40), (440, 1080), widgets={"negative": NEGATIVE}),
        node("concat", "LongvidConcat", (2320, 40), (500, 640), widgets={"filename_prefix": prefix}),
        node("manifest", "LongvidManifestWriter", (2320, 740), (500, 380)),
    ]


WAN_LINKS = [
    *LINKS,
    ["UNETLoader", "MODEL", "clips", "model"],
    ["CLIPLoader", "CLIP", "clips", "clip"],
    ["VAELoader", "VAE", "clips", "vae"],
    ["CLIPVisionLoader", "CLIP_VISION", "clips", "clip_vision"],
]
GROUPS = [
    group("1  Plan", GOLD, 380, -40, 500, 1190),
    group("2  Seeds and keyframes", VIOLET, 920, -40, 820, 540),
    group("3  Models", RUST, 920, 540, 820, 610),
    group("4  Clips", TEAL, 1780, -40, 480, 1190),
    group("5  Film", GREEN, 2300, -40, 540, 1190),
]

TEMPLATES: dict[str, dict[str, Any]] = {
    "wan_keyframe_mode": {
        "id": "3a5b2e90-71cd-4d3e-8b6f-77616e6b6579",
        "nodes": [
            note("note", KEYFRAME_NOTE, (0, 40), (340, 640), "Start here"),
            note("pictures", PICTURES_NOTE, (0, 740), (340, 380), "Your own pictures"),
            *nodes(
                LIGHTHOUSE,
                {"mode": "keyframe", "seconds": 20.0, "segments": 4, "backend": "wan:flf2v-14b-720p", "title": "The Lighthouse"},
                "wan2.1_flf2v_720p_14B_fp8_e4m3fn.safetensors",
                16.4,
                "longvid/lighthouse",
            ),
        ],
        "links": WAN_LINKS,
        "groups": GROUPS,
    },
    "wan_chaining_mode": {
        "id": "4b9c6d17-2f8a-4c55-9e02-77616e636861",
        "nodes": [
            note("note", CHAINING_NOTE, (0, 40), (340, 640), "Start here"),
            note("pictures", START_NOTE, (0, 740), (340, 380), "Your own pictures"),
            *nodes(
                NIGHT_TRAIN,
                {"mode": "chaining", "seconds": 20.0, "segments": 4, "backend": "wan:i2v-14b-480p", "title": "The Night Train"},
                "wan2.1_i2v_480p_14B_fp8_scaled.safetensors",
                16.4,
                "longvid/night_train",
            ),
        ],
        "links": WAN_LINKS,
        "groups": GROUPS,
    },
}
