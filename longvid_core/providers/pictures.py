"""What remote image providers share: their keys, one call within its time, references as bytes to send, answers as files."""

from __future__ import annotations

import asyncio
import contextlib
import io
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..access import Access, access
from ..models.asset import Reference
from ..models.plan import Fit
from .base import ImageRequest, Surroundings, Watch
from .faults import Transient

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..settings import Settings

T = TypeVar("T")
LONGEST_SIDE = 2048
"""Larger references are made smaller before they are sent: models look at no more of them."""

UNDONE: dict[Fit, Fit] = {"crop": "pad", "pad": "crop", "stretch": "stretch"}


class RemotePainter(ABC):
    """Draws in one run, by asking a service. `label`: what people know it by."""

    name: str
    label: str
    version: int
    """Part of every picture's key: raised when the same request would be put to a model in other words or another way."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @abstractmethod
    def settings_of_pixels(self) -> dict[str, Any]:
        """The settings that change what is drawn."""

    @abstractmethod
    async def ask(self, model: str, request: ImageRequest) -> tuple[bytes, dict[str, Any]]:
        """The picture as it came, and what is recorded with it. One call, never repeated here; see `self.within`."""

    def fingerprint(self, model: str) -> dict[str, Any]:
        return {"provider": self.name, "model": model, "request": self.version, **self.settings_of_pixels()}

    def access(self) -> Access:
        """Where the service is asked, and with which key."""
        return access(self.name, "images", self._settings)

    def ready(self) -> None:
        """BadInput without a key: said before anything is drawn."""
        self.access().ready()

    async def within(self, call: Awaitable[T]) -> T:
        """What the call gives, Transient where it is not there after images.timeout_s."""
        return await within(self._settings.images.timeout_s, self.label, call)

    async def draw(self, model: str, request: ImageRequest, target: Path, watch: Watch) -> Mapping[str, Any]:
        """Write the picture as it came."""
        self.ready()
        data, said = await self.ask(model, request)
        write_answer(data, target)
        return said


@dataclass(frozen=True)
class RemoteImages:
    """A provider of images behind a service: opens with the run's settings, and imports its SDK for the first picture."""

    name: str
    painter: type[RemotePainter]

    @contextlib.contextmanager
    def opened(self, around: Surroundings) -> Iterator[RemotePainter]:
        yield self.painter(around.settings)


async def within(seconds: float, label: str, call: Awaitable[T]) -> T:
    """What the call gives, Transient where that takes longer.

    The libraries' own limits are on each read alone: a server that sends a byte now and then would hold them for ever.
    """
    try:
        return await asyncio.wait_for(call, seconds)
    except asyncio.TimeoutError:
        raise slow(label) from None


def slow(label: str, *, sent: bool = True) -> Transient:
    """No answer in time."""
    return Transient(f"{label} did not answer in time.", "Try again later, or raise images.timeout_s.", sent=sent)


def pictures_and_mask(request: ImageRequest) -> tuple[list[Reference], Reference | None]:
    """The references that are pictures, in order, and the mask."""
    masks = [r for r in request.references if r.role == "mask"]
    return [r for r in request.references if r.role != "mask"], masks[0] if masks else None


def reference_png(reference: Reference) -> bytes:
    """A reference as PNG, at most 2048 pixels long."""
    from PIL import Image

    from ..media.images import load_rgb

    picture = load_rgb(reference.image.path)
    if max(picture.size) > LONGEST_SIDE:
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return png(picture)


def placed_png(reference: Reference, size: tuple[int, int], request: ImageRequest) -> bytes:
    """A reference on a canvas of `size`, so that fitting the canvas to the frame puts it where it was: as PNG."""
    return png(_placed(reference, size, request))


def mask_png(mask: Reference, size: tuple[int, int], request: ImageRequest) -> bytes:
    """The mask on the same canvas as PNG with alpha: 0 where the picture may change, opaque where it may not."""
    from PIL import Image

    area = _placed(mask, size, request).convert("L").point(lambda value: 0 if value >= 128 else 255)
    picture = Image.new("RGBA", size, (0, 0, 0, 255))
    picture.putalpha(area)
    return png(picture)


def _placed(reference: Reference, size: tuple[int, int], request: ImageRequest) -> Image:
    from ..media.images import fit_image, load_rgb

    frame = fit_image(load_rgb(reference.image.path), request.width, request.height, request.fit)
    return fit_image(frame, *size, UNDONE[request.fit])


def png(picture: Image) -> bytes:
    """A picture as the bytes of a PNG file."""
    file = io.BytesIO()
    picture.save(file, format="PNG", compress_level=3)  # half the time of 6, and 2 % larger
    return file.getvalue()


def write_answer(data: bytes, target: Path) -> None:
    """What came over the wire, byte for byte. StoreError where it cannot be written."""
    from ..files import writing

    with writing(target):
        target.write_bytes(data)
