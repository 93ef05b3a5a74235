"""The options that several commands share.

Numbers and names come in as text or plain numbers and are judged by the core's own models, so that the limits stand in one
place; see `brief.py`. Options say nothing by default: what then holds comes from longvid.yaml, and last from the models.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

MODES = ("keyframe", "chaining")
FITS = ("crop", "pad", "stretch")
POLICIES = ("universal", "stride", "derived", "from_id")
CODECS = ("h264", "h265", "prores", "ffv1")

_FILM, _WHO, _FILE, _RUN = "The film", "Who makes it", "The file", "The run"


def option(panel: str | None, *names: str, metavar: str | None = None, help: str) -> Any:
    """An option shown in a panel of `--help`. Defaults are told in its text, since they may come from the settings."""
    return typer.Option(*names, metavar=metavar, help=help, show_default=False, rich_help_panel=panel)


def _one_of(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


# -- what the film is to be ----------------------------------------------------------------------------------------------------
Prompt = Annotated[
    str | None, typer.Argument(metavar="PROMPT", help="The film in words, as long as you like.", show_default=False)
]
PromptFile = Annotated[
    Path | None, option(_FILM, "-f", "--file", metavar="FILE", help="Read the prompt from a UTF-8 text file; - is stdin.")
]
Mode = Annotated[
    str | None,
    option(
        _FILM, "--mode", metavar="MODE",
        help="keyframe: between a first and a last picture; chaining: from the last frame before (default: keyframe).",
    ),
]  # fmt: skip
Seconds = Annotated[float | None, option(_FILM, "--seconds", metavar="N", help="The film's length, met as nearly as can be.")]
Segments = Annotated[int | None, option(_FILM, "--segments", metavar="N", help="Exactly this many segments.")]
Seed = Annotated[
    str | None,
    option(
        _FILM, "--seed", metavar="SEED",
        help="Base seed, 0 to 2^64-1; random draws and prints one (default: from prompt and settings).",
    ),
]  # fmt: skip
SeedPolicy = Annotated[
    str | None,
    option(_FILM, "--seed-policy", metavar="POLICY", help=f"Each segment's seed: {_one_of(POLICIES)} (default: derived)."),
]
SeedStep = Annotated[
    int | None,
    typer.Option(
        "--seed-step", metavar="N", min=1 - 2**53, max=2**53 - 1, show_default=False, rich_help_panel=_FILM,
        help="For the policy stride: base + index * N (default: 1).",
    ),
]  # fmt: skip
GenerationId = Annotated[
    str | None, option(_FILM, "--generation-id", metavar="ID", help="For the policy from_id: the base seed belongs to this id.")
]
Size = Annotated[str | None, option(_FILM, "--size", metavar="WxH", help="Even numbers from 16 to 8192 (default: 832x480).")]
Fps = Annotated[float | None, option(_FILM, "--fps", metavar="N", help="Frames a second (default: the backend's own rate).")]
Fit = Annotated[
    str | None,
    option(_FILM, "--fit", metavar="FIT", help=f"{_one_of(FITS).capitalize()} pictures of another shape (default: crop)."),
]
Title = Annotated[str | None, option(_FILM, "--title", metavar="TEXT", help="The film's title (default: from the prompt).")]
FirstImage = Annotated[
    Path | None, option(_FILM, "--first-image", metavar="FILE", help="A picture of yours as the film's first keyframe.")
]

# -- who makes it --------------------------------------------------------------------------------------------------------------
PlannerName = Annotated[
    str | None, option(_WHO, "--planner", metavar="PLANNER", help="Who plans: offline, or openai:MODEL (default: offline).")
]
Replan = Annotated[bool, option(_WHO, "--replan", help="Ask the language model again, though its answer is in the store.")]
Images = Annotated[
    str | None,
    option(_WHO, "--images", metavar="NAME[:MODEL]", help="Who draws keyframes; see `longvid backends` (default: card)."),
]
Backend = Annotated[
    str | None,
    option(_WHO, "--backend", metavar="NAME[:MODEL]", help="Who renders segments; see `longvid backends` (default: animatic)."),
]
Fallback = Annotated[
    list[str] | None,
    option(
        _WHO, "--fallback", metavar="NAME[:MODEL]",
        help="Who renders a segment that its backend does not; may be given several times, and they are asked in this order.",
    ),
]  # fmt: skip
OnUnknown = Annotated[
    str | None,
    option(
        _WHO, "--on-unknown", metavar="WAY",
        help="A remote job that may have been bought, its answer lost: ask you, or resubmit, and maybe pay again (default: ask).",
    ),
]  # fmt: skip
OnFailure = Annotated[
    str | None,
    option(
        _WHO, "--on-failure", metavar="WAY",
        help="A segment nobody renders: stop, without a film, or a placeholder in its place, marked as such (default: stop).",
    ),
]  # fmt: skip

# -- the film's file -----------------------------------------------------------------------------------------------------------
FilmFile = Annotated[Path, option(_FILE, "-o", "--output", metavar="FILM", help="The film.")]
MadeFilm = Annotated[
    Path | None,
    option(_FILE, "-o", "--output", metavar="FILM", help="The film; its manifest goes beside it (default: film.mp4)."),
]
Codec = Annotated[str | None, option(_FILE, "--codec", metavar="CODEC", help=f"{_one_of(CODECS)} (default: h264).")]
Crf = Annotated[
    int | None, option(_FILE, "--crf", metavar="N", help="Quality of h264 and h265, 0 (lossless) to 51 (default: 18).")
]
Preset = Annotated[
    str | None, option(_FILE, "--preset", metavar="NAME", help="Speed of h264 and h265, ultrafast to veryslow (default: medium).")
]
Slate = Annotated[bool | None, option(_FILE, "--slate/--no-slate", help="Lay shot, timecode, prompt and seed over the picture.")]
Seam = Annotated[
    str | None,
    option(
        _FILE, "--seam", metavar="drop|blend",
        help="Where a shot goes on from segment to segment: drop shows the frame that both have once (default); blend, besides, "
        "dissolves over three frames on each side.",
    ),
]  # fmt: skip
Share = Annotated[
    bool,
    option(
        _FILE,
        "--share",
        help="Leave prompts and texts out of the manifest, with hashes in their place, and the title out of the film.",
    ),
]

# -- the run -------------------------------------------------------------------------------------------------------------------
Budget = Annotated[
    float | None,
    option(
        _RUN, "--budget", metavar="USD",
        help="What this run may cost, US dollars: it is refused where its estimate is above that, and nothing is asked for that "
        "could go beyond it.",
    ),
]  # fmt: skip
DryRun = Annotated[bool, option(_RUN, "--dry-run", help="Plan and estimate; draw, render and write nothing.")]
Reroll = Annotated[
    str | None,
    option(
        _RUN, "--reroll", metavar="N,N",
        help="Another take of these segments: indexes as in the plan (the first is 0), or ids. Named twice: the one after.",
    ),
]  # fmt: skip
Config = Annotated[
    Path | None, option(_RUN, "--config", metavar="FILE", help="Settings (default: longvid.yaml here, then the user's own).")
]
Json = Annotated[bool, option(_RUN, "--json", help="One JSON object a line on stdout; text for people on stderr.")]
