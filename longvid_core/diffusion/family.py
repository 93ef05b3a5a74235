"""What one kind of pipeline has of its own: its components, and how a request becomes its arguments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..catalog import ModelEntry
from ..providers.base import VideoRequest
from .models import Files
from .parts import Component
from .settings import DiffusionSettings, Precision

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

Embeds = tuple["torch.Tensor", ...]
"""A text's embeddings, as the pipeline's `encode_prompt` gives them, on the processor."""


class Family(ABC):
    """One of diffusers' pipelines. Its methods that import torch are called only when something is sampled."""

    name: ClassVar[str]
    """The provider's name, and that of its settings."""
    components: ClassVar[tuple[Component, ...]]
    pixels: ClassVar[int] = 1
    """Raised when what this code does to pixels changes."""

    @abstractmethod
    def kind_of(self, files: Files, entry: ModelEntry) -> str:
        """Which kind of the family's models these files are, by what they say. BadInput where they are none."""

    @abstractmethod
    def pipeline(self) -> type[Any]:
        """The pipeline's class."""

    def pipeline_options(self, files: Files) -> dict[str, Any]:
        """What its constructor takes beside the components."""
        return {}

    def precision_of(self, component: str, options: DiffusionSettings) -> Precision:
        """What a component is loaded in."""
        return options.vae_dtype if component == "vae" else options.dtype

    @abstractmethod
    def settings_of(self, kind: str, entry: ModelEntry, options: DiffusionSettings) -> dict[str, Any]:
        """What is sampled with, as JSON: settings, else the publisher's. All of it changes pixels."""

    @abstractmethod
    def negative_of(self, request: VideoRequest, sampled: Mapping[str, Any]) -> str | None:
        """The negative prompt as it is sent; None where the model gets none."""

    @abstractmethod
    def encode(self, pipe: Any, text: str) -> Embeds:
        """A text's embeddings."""

    @abstractmethod
    def arguments(
        self,
        kind: str,
        request: VideoRequest,
        pictures: Sequence[Image],
        text: Embeds,
        negative: Embeds | None,
        sampled: Mapping[str, Any],
    ) -> dict[str, Any]:
        """What the pipeline is called with, but for seed, size, callback and output. `pictures`: the first, and the last."""

    def prepare(self, pipe: Any, sampled: Mapping[str, Any]) -> None:
        """Set a loaded pipeline as it is sampled with."""
        return None

    def windows(self, request: VideoRequest) -> int:
        """How many times the scheduler's steps are gone through for one clip."""
        return 1

    def to_latents(self, pipe: Any, encoded: torch.Tensor) -> torch.Tensor:
        """The VAE's own latents as the transformer sees them."""
        return encoded
