"""What a pipeline made, as a clip: frame by frame, so that no second copy of it is ever whole in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RenderFailed, Unreadable
from ..models.asset import Asset
from ..providers.base import VideoRequest, Watch

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image


def write_frames(video: torch.Tensor, request: VideoRequest, target: Path, watch: Watch) -> None:
    """Write `video` to `target`: frames x 3 x height x width, 0 to 1, on any device.

    RenderFailed where it is not of the length and size that was asked for.
    """
    from ..media.encode import ClipWriter

    count, _, height, width = video.shape
    if (count, width, height) != (request.frames, request.width, request.height):
        raise RenderFailed(
            f"the model made {count} frames of {width}x{height} instead of {request.frames} of {request.width}x{request.height}."
        )
    with ClipWriter(target, request.width, request.height, request.fps, watch.interrupted) as clip:
        for frame in video:
            clip.write((frame.permute(1, 2, 0) * 255).round().clamp(0, 255).byte().cpu().numpy())


def picture_of(asset: Asset, request: VideoRequest) -> Image:
    """A picture that goes in, RGB, of the clip's size. Unreadable where it is of another."""
    from PIL import Image

    try:
        with Image.open(asset.path) as file:
            picture = file.convert("RGB")
    except OSError as error:
        raise Unreadable(f"{asset.path} is no picture.", "Draw the keyframes again.") from error
    if picture.size != (request.width, request.height):
        raise Unreadable(
            f"{asset.path} is {picture.width}x{picture.height}, the clip {request.width}x{request.height}.",
            "Draw the keyframes again.",
        )
    return picture
