"""What the templates in `workflows/` hold: stories, nodes, links, places on the canvas. `tools/workflows.py` builds them."""

from __future__ import annotations

from typing import Any

RED_KITE = """\
Painted in gouache, with long soft shadows and a little paper grain. A small red kite is in every shot.

Dawn. A fishing village wakes beside a calm sea. From the end of the pier a girl lets go of the string, and the red kite \
lifts into a pale gold sky. Wide shot, the camera rises slowly with it.

The kite drifts along the coast, over white cliffs and green waves, gulls turning around it. Aerial view, the camera \
tracks left.

CUT TO: Noon in the hills. Wind combs through tall grass and poppies, and the kite's shadow races across them toward a dark \
pine forest. Pan right.

Late afternoon. The forest falls away under a wall of snow mountains; the kite climbs past the last ridge while the low sun \
burns orange behind the peaks. Slow push in.

CUT TO: Dusk over a crowded city. Windows light up one by one, and the kite slips between the towers, above wet streets full \
of red tail lights. Low angle, tilt up.

Night. Snow begins to fall on the rooftops. The kite comes to rest on a chimney under a full moon, and the whole city is \
quiet. The camera holds still, then slowly pulls out.
"""

LANTERN = """\
One unbroken take, painted in watercolour: a paper lantern floats down a river, from the mountains to the sea.

Dusk, high in the snow mountains. Two hands set a glowing paper lantern on a narrow stream. Low angle, slow push in.

Night falls. The stream carries the lantern down through a dark pine forest, past mossy stones and fireflies. The camera \
follows.

Deep night. The river widens and passes a sleeping city; lit windows tremble in the water. The camera trucks right beside it.

Dawn. The lantern reaches the sea, and its small light goes out against the rising sun. Slow pull out to a wide shot.
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
# One unbroken take

Press **Run**. No key, no model and no network are needed.

In *chaining* mode each shot starts on the exact last frame of the shot before it, as image-to-video models make long takes. \
So shots are rendered one after another, and a changed shot takes those after it along.

Only the first frame is drawn; connect a picture of yours to *first_image* to start from that.

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


def film_nodes(prefix: str) -> list[dict[str, Any]]:
    """Concat and Manifest Writer: the right end of both templates."""
    return [
        node("concat", "LongvidConcat", (2100, 40), (560, 600), widgets={"filename_prefix": prefix}),
        node("manifest", "LongvidManifestWriter", (2100, 700), (560, 340)),
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
    group("1  Plan", GOLD, 440, -40, 560, 1100),
    group("2  Seeds and keyframes", VIOLET, 1040, -40, 480, 1100),
    group("3  Clips", TEAL, 1560, -40, 480, 1100),
    group("4  Film", GREEN, 2080, -40, 600, 1100),
]

TEMPLATES: dict[str, dict[str, Any]] = {
    "keyframe_mode": {
        "id": "1f6f7c1e-5d0a-4f0e-9a5e-6b6579667261",
        "nodes": [
            note("note", KEYFRAME_NOTE, (0, 40), (380, 560), "Start here"),
            *plan_nodes(RED_KITE, mode="keyframe", seconds=26.0, title="The Red Kite"),
            node("clips", "LongvidRemoteVideo", (1580, 40), (440, 600)),
            note("models", MODELS_NOTE, (1580, 700), (440, 340), "Other models"),
            *film_nodes("longvid/red_kite"),
        ],
        "links": LINKS,
        "groups": GROUPS,
    },
    "chaining_mode": {
        "id": "2c8d1b7a-93e4-4b6c-8f21-636861696e21",
        "nodes": [
            note("note", CHAINING_NOTE, (0, 40), (380, 520), "Start here"),
            *plan_nodes(LANTERN, mode="chaining", seconds=20.0, title="The Lantern"),
            node("clips", "LongvidRemoteVideo", (1580, 40), (440, 420)),
            node("last", "LongvidLastFrame", (1580, 520), (440, 520)),
            *film_nodes("longvid/lantern"),
        ],
        "links": [*LINKS, ["clips", "clips", "last", "clips"]],
        "groups": GROUPS,
    },
}
