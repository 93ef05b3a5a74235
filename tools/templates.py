"""What the templates in `workflows/` hold: stories, nodes, links, places on the canvas. `tools/workflows.py` builds them."""

from __future__ import annotations

from typing import Any

LAST_LETTER = """\
Style: painted in gouache, long soft shadows, warm paper grain.

Scene 1: Dawn
Wide shot, slow crane up: a small red balloon rises over a fishing harbour, one letter in its basket.

The red balloon drifts out over the open sea, gulls turning around it, and the red balloon is alone between waves and sunrise.

Scene 2: Noon
Wide shot, pan right: the red balloon crosses green hills and fields of flowers above a village.

The red balloon follows a river through the valley, and the red balloon reaches a wall of snow mountains.

Scene 3: Dusk
Low angle, tilt up: the red balloon floats over a great city, and windows light up one by one as the red balloon passes.

Scene 4: Night
Wide shot, slow pull out: the red balloon comes down over the city in falling snow, and the red balloon rests above the \
sleeping city, its letter home.
"""

DOWNSTREAM = """\
Style: painted in watercolour, soft edges, quiet.

Wide shot, slow push in at dusk: a small white sailboat waits on a lake below snow mountains.

The sailboat drifts down a river through a pine forest, in the last warm light.

The sailboat glides at night through a sleeping harbour, and lit windows tremble in the water.

The sailboat reaches the open sea at dawn, alone under a wide golden sky.
"""

GOLD, TEAL, VIOLET, GREEN = "#b58a3a", "#3a8f9a", "#7d5fa8", "#5a8a4a"
PAPER = {"color": "#3d3a2a", "bgcolor": "#2d2b20"}

KEYFRAME_NOTE = """\
# One prompt in, one film out

Press **Run**. No key, no model and no network are needed: this template paints its own keyframes and moves the camera \
through them.

**1 Plan.** Your text becomes shots. Change the story, or its length in *seconds*.

**2 Seeds and keyframes.** One still for each end of a shot; shots that run on share one.

**3 Clips.** Each shot, between its two stills, several at once. What is done is kept: change one sentence, and only the \
shots it touches are made again.

**4 Film.** Joined to the frame, with a manifest that makes the same film again.
"""

MODELS_NOTE = """\
### Another model

Choose it here **and** in the planner, so that every shot gets a length that it can render.

### A model of your own

Any sampler on the canvas can take this node's place: **Plan to Lists** gives it prompts and pictures, **Clips from Videos** \
takes its results in.
"""

CHAINING_NOTE = """\
# Long takes

Press **Run**. No key, no model and no network are needed.

In *chaining* mode each shot starts on the exact last frame of the shot before it, as image-to-video models make long takes. \
A cut starts a new chain on a still of its own.

Shots of one chain are rendered in order, and a changed shot takes those after it along.

Connect a picture of yours to *first_image* to start from that.

**Last-Frame Extractor** gives the frame the film ends on, to go on from there.
"""


def node(key: str, kind: str, pos: tuple[int, int], size: tuple[int, int], **more: Any) -> dict[str, Any]:
    """One node: its name here, its class, place and size on the canvas; widgets, title and colour."""
    return {"key": key, "type": kind, "pos": list(pos), "size": list(size), **more}


def note(key: str, text: str, pos: tuple[int, int], size: tuple[int, int], title: str) -> dict[str, Any]:
    """A note to the person at the canvas."""
    return node(key, "MarkdownNote", pos, size, widgets={"text": text}, title=title, **PAPER)


def group(title: str, color: str, left: int, top: int, width: int, height: int) -> dict[str, Any]:
    """One frame behind nodes."""
    return {"title": title, "color": color, "bounding": [left, top, width, height]}


def plan_nodes(story: str, **planner: Any) -> list[dict[str, Any]]:
    """Planner, Seed Lock and Keyframe Generator: the left half of both templates."""
    return [
        node("planner", "LongvidSegmentPlanner", (460, 40), (520, 1000), widgets={"prompt": story, **planner}),
        node("seeds", "LongvidSeedLock", (1060, 40), (440, 400), widgets={"seed": 20260909}),
        node("keyframes", "LongvidKeyframeGenerator", (1060, 500), (440, 540)),
    ]


def film_nodes(prefix: str, left: int = 2100) -> list[dict[str, Any]]:
    """Concat and Manifest Writer: a template's right end."""
    return [
        node("concat", "LongvidConcat", (left, 40), (560, 600), widgets={"filename_prefix": prefix}),
        node("manifest", "LongvidManifestWriter", (left, 700), (560, 340)),
    ]


LINKS = [
    ["planner", "plan", "seeds", "plan"],
    ["seeds", "plan", "keyframes", "plan"],
    ["seeds", "plan", "clips", "plan"],
    ["keyframes", "keyframes", "clips", "keyframes"],
    ["clips", "clips", "concat", "clips"],
    ["concat", "film", "manifest", "film"],
]
GROUPS = [
    group("1  Plan", GOLD, 440, -40, 560, 1130),
    group("2  Seeds and keyframes", VIOLET, 1040, -40, 480, 1130),
    group("3  Clips", TEAL, 1560, -40, 480, 1130),
    group("4  Film", GREEN, 2080, -40, 600, 1130),
]

TEMPLATES: dict[str, dict[str, Any]] = {
    "keyframe_mode": {
        "id": "1f6f7c1e-5d0a-4f0e-9a5e-6b6579667261",
        "nodes": [
            note("note", KEYFRAME_NOTE, (0, 40), (380, 560), "Start here"),
            *plan_nodes(LAST_LETTER, mode="keyframe", seconds=26.0, segments=6, title="The Last Letter"),
            node("clips", "LongvidRemoteVideo", (1580, 40), (440, 600)),
            note("models", MODELS_NOTE, (1580, 700), (440, 340), "Other models"),
            *film_nodes("longvid/last_letter"),
        ],
        "links": LINKS,
        "groups": GROUPS,
    },
    "chaining_mode": {
        "id": "2c8d1b7a-93e4-4b6c-8f21-636861696e21",
        "nodes": [
            note("note", CHAINING_NOTE, (0, 40), (380, 520), "Start here"),
            *plan_nodes(DOWNSTREAM, mode="chaining", seconds=20.0, title="Downstream"),
            node("clips", "LongvidRemoteVideo", (1580, 40), (440, 500)),
            node("last", "LongvidLastFrame", (1580, 600), (440, 440)),
            *film_nodes("longvid/downstream"),
        ],
        "links": [*LINKS, ["clips", "clips", "last", "clips"]],
        "groups": GROUPS,
    },
}
