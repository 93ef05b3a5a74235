"""The protocols every renderer of pictures and video follows, and the values that go in and out.

A provider in this package is a module `providers/NAME.py` with an object `PROVIDER` and a file `catalog/NAME.yaml`. An
outside one is an entry point in the group `longvid.providers`; its object has, besides, `catalog`: the path of its yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pydantic import Field

from ..models.asset import Asset, Reference
from ..models.base import Fps, Frozen, Seed64
from ..models.plan import Fit
from ..models.visual import VisualState

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..catalog.models import ModelEntry
    from ..models.records import ModelRecord
    from ..settings import Settings


def in_words(prompt: str, visual: VisualState) -> str:
    """`prompt` followed by the visual state's own words, as one text."""
    words = visual.to_prompt()
    if not words:
        return prompt
    stop = "" if prompt.endswith((".", "!", "?", "。", "！", "？", "…")) else "."
    return f"{prompt}{stop} {words[0].upper()}{words[1:]}."


class ImageRequest(Frozen):
    """One keyframe to draw, for the plan's exact size.

    references: what it is to be like. The first is the picture it follows on, if its role is `first`; one of the role `mask`
    (mode L, the size of the frame; white is what may change) restricts the change to its area of that picture.
    """

    prompt: str
    visual: VisualState
    seed: Seed64 | None
    width: int
    height: int
    references: tuple[Reference, ...] = ()
    negative: str = Field("", description="For models that draw with a negative prompt")
    fit: Fit = Field("crop", description="How a picture of another size will be brought to this one")

    @property
    def prompt_sent(self) -> str:
        """Prompt and visual state in one text, for a model that reads nothing else."""
        return in_words(self.prompt, self.visual)


class VideoRequest(Frozen):
    """One segment to render. `first` and `last` already have the plan's exact size.

    A model whose catalog entry says `any_size: false` renders at a size and rate of its own, for `frames / fps` seconds.
    """

    prompt: str
    negative: str
    visual: VisualState
    seed: Seed64 | None
    frames: int
    fps: Fps
    width: int
    height: int
    first: Asset | None
    last: Asset | None
    references: tuple[Reference, ...] = ()
    fit: Fit = Field("crop", description="How a clip of another size will be brought to this one")
    fitted: str | None = Field(None, description="Prompt and visual state in one text, condensed to the model's limit")

    @property
    def prompt_sent(self) -> str:
        """Prompt and visual state in one text, for a model that reads nothing else."""
        return self.fitted if self.fitted is not None else in_words(self.prompt, self.visual)


@dataclass(frozen=True)
class Watch:
    """How a running render talks to whoever waits for it."""

    progress: Callable[[int, int], None] = lambda done, total: None
    """Called with frames done and their total, from any thread."""
    steps: Callable[[int, int], None] = lambda done, total: None
    """Called with sampler steps done and their total, by a model that makes all frames at once."""
    preview: Callable[[Image], None] = lambda image: None
    """Called with a picture of what is being made, RGB, of any size."""
    interrupted: Callable[[], bool] = lambda: False
    """Asked between frames (or steps); once it answers True the render raises `errors.Interrupted`."""


@dataclass(frozen=True)
class Surroundings:
    """What a run offers a provider that has to be opened before it renders."""

    settings: Settings
    sha256_of: Callable[[Path], str]
    """The sha256 of a (weight) file, read once and then known by its size and time. Shows progress; Interrupted when stopped."""
    sha256_known: Callable[[Path], str | None] = lambda file: None
    """The same where it is known without reading the file, else None."""
    notice: Callable[[str], None] = lambda message: None
    """Called with what a person should know and need not act on at once."""
    loading: Callable[[int, int], None] = lambda done, total: None
    """Called with how much of the model is loaded."""
    interrupted: Callable[[], bool] = lambda: False
    scratch: Path | None = None
    """A folder for what is needed meanwhile, gone with the run. None: keep it in memory."""


class ImageProvider(Protocol):
    """Draws keyframes."""

    name: str

    def fingerprint(self, model: str) -> dict[str, Any]:
        """Everything about the model that changes pixels, as JSON; part of the image's key."""
        ...

    async def draw(self, model: str, request: ImageRequest, target: Path, watch: Watch) -> Mapping[str, Any] | None:
        """Write the picture to `target`: a PNG of exactly the requested size, or, where the catalog says `any_size: false`, a
        picture of any size and format that Pillow reads. Called once for one picture: it repeats nothing by itself.

        What it returns, as JSON, is recorded with the picture and not keyed. Known there: `prompt_sent` where it is not the
        request's, `seed` (as returned), `micro_usd` (as charged) and, where the service only counts what was used, `priced_on`:
        the date of the price that it is reckoned by. Raises a fault of `providers.faults`, or another LongvidError.
        """
        ...


class LocalVideo(Protocol):
    """Renders clips on this machine."""

    name: str

    def fingerprint(self, model: str) -> dict[str, Any]:
        """Everything about the model that changes pixels, as JSON; part of the clip's render key."""
        ...

    async def render(self, model: str, request: VideoRequest, target: Path, watch: Watch) -> Mapping[str, Any] | None:
        """Write the clip, exactly `request.frames` lossless frames (media.encode), to `target`.

        What it returns, as JSON, is recorded with the clip and not keyed: device, libraries, sigmas. `device` is the type
        of device the pixels were computed on; see `ModelEntry.bit_exact_on`. One that knows only afterwards that another model
        than its `fingerprint`'s rendered it returns that one's ModelRecord as `made_by`, too: the clip is kept as its.
        """
        ...


@runtime_checkable
class Opened(Protocol):
    """A provider with something to set up and tear down, once for all segments of a run, or that needs the run's settings."""

    def opened(self, around: Surroundings) -> AbstractContextManager[Any]:
        """What renders (LocalVideo) or draws (ImageProvider) in this run.

        Weights may be loaded when they are first needed; leaving it frees them.
        """
        ...


@runtime_checkable
class Ready(Protocol):
    """A provider that can say beforehand what it lacks."""

    def ready(self) -> None:
        """MissingTool or BadInput where a package or a key is missing."""
        ...


@runtime_checkable
class Idles(Protocol):
    """A painter with settings that say nothing about some requests: changing them there buys no picture again."""

    def idle(self, request: ImageRequest) -> Mapping[str, Any]:
        """Those parts of the fingerprint that do nothing for this request, at their defaults."""
        ...


@runtime_checkable
class Describes(Protocol):
    """A provider whose catalog says `others`, and that knows by itself what an unlisted model can do."""

    def entry(self, model: str, settings: Settings) -> ModelEntry:
        """What the model can do. It may ask over the network, once in a process; nothing is bought. UnknownName where there
        is no such model, CannotRender, with what was found, where it is none for video."""
        ...


@runtime_checkable
class Prepares(Protocol):
    """A renderer that does better when it knows what comes: all texts are encoded before the first clip, say."""

    async def prepare(self, model: str, requests: Sequence[VideoRequest], watch: Watch) -> None:
        """Called once, before anything is rendered, with what the store lacks. In a chain only the first has its `first`.

        `watch.progress` counts whatever is prepared.
        """
        ...


@runtime_checkable
class Repeats(Protocol):
    """A renderer that makes again what somebody else rendered, and goes by that one's name."""

    def recorded(self) -> ModelRecord:
        """The model as it was recorded."""
        ...

    async def confirm(self) -> None:
        """Start what it renders with, before anything is rendered. LongvidError where something of it is not here."""
        ...
