"""The templates whose clips are rendered by a hosted model: the same film as in `tools/templates.py`, with a price."""

from __future__ import annotations

from typing import Any

from tools.templates import GROUPS, LINKS, film_nodes, node, note, plan_nodes

WILD_HORSE = """\
Style: 35 mm film, natural light, muted colours, shallow focus.

Wide shot, slow push in at dawn: a wild brown horse gallops along an empty beach, mist over the waves.

The wild horse gallops over green hills, and the first sun reaches the wild horse.

The wild horse comes to a meadow of tall grass, and slows to a walk.

CUT TO: Wide shot, slow pull out at dusk: the wild horse stands in the snow below high mountains, and stars come out.
"""

LONG_DRIVE = """\
Style: 35 mm film, low light, deep colours, fine grain.

Wide shot, slow push in at dawn: an old blue car drives along a road through the desert, dust behind the car.

The blue car comes to green hills, and the shadows of clouds move over the road.

The blue car drives through a pine forest in the rain, its headlights on.

CUT TO: Wide shot, slow pull out at dusk: the blue car drives along a road through snow below high mountains.
"""

KEY_NOTE = """\
### A key

This template asks Runway, who wants money for it. The key is made at [dev.runwayml.com](https://dev.runwayml.com). Set it \
where ComfyUI starts, and start ComfyUI again:

`export RUNWAYML_API_SECRET=key_...`

or write it into `longvid.yaml` in your user configuration folder:

`keys: {runway: key_...}`

Then once: `pip install runwayml`, with ComfyUI's own Python. No key ever goes into a workflow, a picture or a film. What is \
missing is told before anything runs.
"""

OTHERS_NOTE = """\
### Another model

Choose it here **and** in the planner, so that every shot gets a length that it can render.

- **google:** Veo with `GOOGLE_API_KEY` or Google Cloud credentials, Gemini Omni with the key
- **replicate:** Seedance, Kling, Hailuo, Wan, with `REPLICATE_API_TOKEN`. Any other of its models: its OWNER/NAME in *model*
- **animatic:** free, at once: to see the story move before you pay for it

### Stills

They are storyboard cards, and the film will look like them. For a photographed look choose a model in *images* (OpenAI: about \
$0.04 each), or bring your own.
"""

KEYFRAME_NOTE = """\
# Clips by a hosted model

Get a key (see **A key**, below), then press **Run**.

### What it costs

Four shots of six seconds with Veo 3.1 Fast: **$2.40 to $3.60**. The planner tells the estimate for your story, the clips' node \
what was paid so far. *budget_usd* is a hard stop: nothing is asked for that could go over it.

### 1 Plan

Your text becomes shots with lengths that the model can render.

### 2 Seeds and keyframes

One still for each end of a shot. Shots that run on share one. **Look at them before you pay for clips**: right-click *Keyframe \
Generator*, *Queue Selected Output Nodes*.

### 3 Clips

All shots at once, each from its first still to its last. What is done is kept and paid once. Cancel, close the laptop, lose the \
network: **Run** goes on with the jobs that are under way. Change a sentence, and only the shots it touches are paid again.

### 4 Film

Joined to the frame, with a manifest.
"""

CHAINING_NOTE = """\
# Long takes by a hosted model

Get a key (see **A key**, below), then press **Run**.

### What it costs

Four shots of four to six seconds with Gen-4 Turbo: **$1.00**. The planner tells the estimate for your story, the clips' node \
what was paid so far. *budget_usd* is a hard stop: nothing is asked for that could go over it.

### 1 Plan

Your text becomes shots with lengths that the model can render.

### 2 Seeds and keyframes

Only the first shot of each chain needs a still; a cut starts a new chain. Connect a picture of yours to *first_image* to start \
from that.

### 3 Clips

Each shot starts on the exact last frame of the one before it, so they are rendered one after another; chains run side by side. \
What is done is kept and paid once. Cancel, close the laptop, lose the network: **Run** goes on with the jobs that are under way.

A changed shot takes those after it along, up to the next cut.

### 4 Film

Joined to the frame, with its manifest.
"""


def template(id: str, story: str, start: str, backend: str, budget: float, prefix: str, **plan: Any) -> dict[str, Any]:
    """One template: `backend` renders it, and it may cost `budget` US dollars."""
    clips = {"backend": backend, "budget_usd": budget}
    return {
        "id": id,
        "nodes": [
            note("note", start, (0, 40), (400, 660), "Start here"),
            note("key", KEY_NOTE, (0, 760), (400, 280), "A key"),
            *plan_nodes(story, width=1280, height=720, backend=backend, **plan),
            node("clips", "LongvidRemoteVideo", (1580, 40), (440, 600), widgets=clips),
            note("models", OTHERS_NOTE, (1580, 700), (440, 340), "Other models"),
            *film_nodes(prefix),
        ],
        "links": LINKS,
        "groups": GROUPS,
    }


TEMPLATES: dict[str, dict[str, Any]] = {
    "remote_keyframe_mode": template(
        "6e2f9b41-58c7-4d0a-b3e6-72656d6b6579", WILD_HORSE, KEYFRAME_NOTE, "runway:veo3.1_fast", 4.0, "longvid/wild_horse",
        mode="keyframe", seconds=24.0, segments=4, title="The Wild Horse",
    ),
    "remote_chaining_mode": template(
        "7f3a0c52-69d8-4e1b-a4f7-72656d636861", LONG_DRIVE, CHAINING_NOTE, "runway:gen4_turbo", 1.5, "longvid/long_drive",
        mode="chaining", seconds=20.0, segments=4, title="The Long Drive",
    ),
}  # fmt: skip
