"""Videos across the edge: ComfyUI's VIDEO values and the core's files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from longvid_core.errors import BadInput

from .api import Input, InputImpl

if TYPE_CHECKING:
    import torch

    from longvid_core.media.encode import ClipWriter
    from longvid_core.models import Plan, Rendered
    from longvid_core.render.session import Session


def file_of(video: Input.Video, session: Session) -> Path:
    """The file behind a VIDEO: its own where it has one that is used whole, else one written to the session's scratch.

    Frames without sound are written losslessly; sound needs ComfyUI's own writer, which encodes as H.264.
    """
    source = video.get_stream_source() if isinstance(video, InputImpl.VideoFromFile) else None
    if isinstance(source, str) and not any(video.get_active_trim_window()):
        return Path(source)
    components = video.get_components()
    if components.audio is None:
        return file_of_frames(components.images, components.frame_rate, session)
    target = session.scratch / f"{os.urandom(6).hex()}.mp4"
    video.save_to(str(target))
    return target


def file_of_frames(images: torch.Tensor, fps: float | Fraction, session: Session) -> Path:
    """A batch of pictures as a lossless clip, converted and written one frame at a time."""
    from longvid_core.media.encode import CLIP_SUFFIX, ClipWriter

    target = session.scratch / f"{os.urandom(6).hex()}{CLIP_SUFFIX}"
    _, height, width, _ = images.shape
    with ClipWriter(target, width, height, fps, session.interrupted) as clip:
        write_images(images, clip)
    return target


def write_images(images: torch.Tensor, clip: ClipWriter) -> None:
    """Append a batch (float32, [frames, height, width, 3], 0 to 1) to a clip, converted one frame at a time."""
    for image in images:
        clip.write((image[..., :3].clamp(0, 1) * 255).round().byte().cpu().numpy())


def foreign_files(
    plan: Plan, videos: Sequence[Input.Video] | None, images: Sequence[torch.Tensor] | None, session: Session
) -> list[Path]:
    """The clips that came over the canvas as files. BadInput unless exactly one of the two inputs is connected."""
    if (videos is None) == (images is None):
        raise BadInput(
            "connect either videos or images.", "videos: a list of VIDEO. images: a list of IMAGE batches, one a segment."
        )
    if videos is not None:
        return [file_of(video, session) for video in videos]
    return [file_of_frames(batch, plan.fps, session) for batch in images or ()]


def one_source(session: Session, *, clips: Rendered | None, video: Input.Video | None, path: Path | None) -> Path:
    """The file to read a frame from. BadInput unless exactly one of the three is given."""
    given = [name for name, value in (("clips", clips), ("video", video), ("path", path)) if value is not None]
    if len(given) != 1:
        what = "nothing is connected" if not given else f"{' and '.join(given)} are given"
        raise BadInput(f"{what}; the last frame of one video can be taken.", "Give one of clips, video and path.")
    if path is not None:
        return path
    return file_of(video, session) if video is not None else last_clip(clips)


def last_clip(clips: Rendered | None) -> Path:
    """The original of the last clip. BadInput where there is no clip at all."""
    if clips is None or not clips.clips:
        raise BadInput("there is no clip to take a frame from.", "See what the rendering node says about its segments.")
    return Path(clips.clips[-1].path)


def videos_of(clips: Rendered, lossless: bool) -> list[Input.Video]:
    """Each clip as a VIDEO on disk: its H.264 copy, or the original."""
    return [InputImpl.VideoFromFile(clip.path if lossless else clip.proxy or clip.path) for clip in clips.clips]
