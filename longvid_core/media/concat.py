"""`longvid concat`: any clips, in order, into one film."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import BadInput, CannotRender, Unreadable
from ..files import check_folder, work_folder

if TYPE_CHECKING:
    from ..models.plan import Fit
    from .encoders import Encoder
    from .probe import Probe
    from .shape import Shape

Seam = Literal["cut", "drop", "blend"]


@dataclass(frozen=True)
class ConcatResult:
    """The film that was written. dropped: positions of the clips that lost a first frame. encoder: the options used, empty
    where streams were copied."""

    frames: int
    fps: Fraction
    width: int
    height: int
    dropped: tuple[int, ...] = ()
    encoder: tuple[str, ...] = ()


def concat(
    clips: Sequence[Path],
    target: Path,
    *,
    seam: Seam = "cut",
    copy: bool = False,
    encoder: Encoder | None = None,
    width: int | None = None,
    height: int | None = None,
    fps: int | float | Fraction | None = None,
    fit: Fit = "crop",
    progress: Callable[[int, int], None] | None = None,
    interrupted: Callable[[], bool] = lambda: False,
) -> ConcatResult:
    """Join `clips` into `target`.

    seam: `cut` keeps every frame; `drop` leaves out a clip's first frame where it repeats the last one before it (PSNR of at
    least 40 dB); `blend` dissolves over the three frames on each side of every seam and keeps every frame too.
    copy: take the packets as they are; nothing is decoded (but the frames at the seams, for `drop`). The clips must then be
    alike in everything, and intra-only for `drop`; else CannotRender. width, height and fps default to the first clip's.
    BadInput for what cannot be asked, Unreadable for a clip that is missing, damaged or no video.
    """
    clips, target = [Path(clip) for clip in clips], Path(target)
    _check(clips, target, seam)
    if copy:
        return _copy(clips, target, seam, (width, height, fps), progress, interrupted)
    return _encode(clips, target, seam, encoder, (width, height, fps), fit, progress, interrupted)


def _check(clips: Sequence[Path], target: Path, seam: str) -> None:
    if not clips:
        raise BadInput("there is no clip to join.", "Name at least one.")
    if seam not in ("cut", "drop", "blend"):
        raise BadInput(f"seam {seam!r} is unknown.", "Choose cut, drop or blend.")
    check_folder(target)
    for clip in clips:
        if not clip.exists():
            raise Unreadable(f"{clip} does not exist.", "Check the path.")
        if target.exists() and clip.samefile(target):
            raise BadInput(f"the output {target} is one of the clips to read.", "Choose another name for the result.")


_Size = tuple["int | None", "int | None", "int | float | Fraction | None"]


def _copy(
    clips: Sequence[Path],
    target: Path,
    seam: str,
    size: _Size,
    progress: Callable[[int, int], None] | None,
    interrupted: Callable[[], bool],
) -> ConcatResult:
    from .copying import copy_clips

    if seam == "blend":
        raise CannotRender("frames cannot be blended by copying them.", "Leave out --copy, or choose --seam cut.")
    if any(value is not None for value in size):
        raise CannotRender("size and rate cannot change by copying.", "Leave out --copy, or leave out --size and --fps.")
    dropped: set[int] = set()

    def drop(probes: Sequence[Probe]) -> set[int]:
        dropped.update(_repeating(probes, _shape(probes[0], size, "crop"), interrupted))
        return dropped

    frames, like = copy_clips(
        clips, target, drop=drop if seam == "drop" else None, progress=progress, interrupted=interrupted
    )  # fmt: skip
    return ConcatResult(frames, like.fps, like.width, like.height, tuple(sorted(dropped)))


def _encode(
    clips: Sequence[Path],
    target: Path,
    seam: str,
    encoder: Encoder | None,
    size: _Size,
    fit: Fit,
    progress: Callable[[int, int], None] | None,
    interrupted: Callable[[], bool],
) -> ConcatResult:
    from .conform import conformed_frames
    from .join import Encoder, Part, join_parts, probe_all

    encoder = encoder or Encoder()
    known = probe_all(clips)
    probes = [known[clip] for clip in clips]
    shape = _shape(probes[0], size, fit)
    encoder.check(target, shape.width, shape.height)
    dropped = _repeating(probes, shape, interrupted) if seam == "drop" else set()
    with work_folder(target.parent) as work:
        parts = [Part(clip, drop_first=int(i in dropped)) for i, clip in enumerate(clips)]
        if seam == "blend" and len(clips) > 1:
            from .seams import blend

            total = sum(conformed_frames(p, shape.fps) for p in probes)
            first, progress = _share(progress, 0, 2 * total), _share(progress, total, 2 * total)
            files = blend(probes, shape, work, lambda done: first(done, total), interrupted)
            parts = [
                Part(file, sound_from=clip if probe.has_audio else None)
                for file, clip, probe in zip(files, clips, probes, strict=True)
            ]
        used = join_parts(
            parts, target, width=shape.width, height=shape.height, fps=shape.fps, fit=fit, encoder=encoder,
            progress=progress, interrupted=interrupted, work_dir=work,
        )  # fmt: skip
    frames = sum(conformed_frames(p, shape.fps) for p in probes) - len(dropped)
    return ConcatResult(frames, shape.fps, shape.width, shape.height, tuple(sorted(dropped)), tuple(used))


def _share(progress: Callable[[int, int], None] | None, before: int, total: int) -> Callable[[int, int], None]:
    """A progress for one share of the work, told as a part of the whole: `before` of `total` are done when it begins."""
    if progress is None:
        return lambda done, _: None
    return lambda done, _: progress(before + done, total)


def _shape(first: Probe, size: _Size, fit: Fit) -> Shape:
    from .encode import exact_rate
    from .shape import Shape

    width, height, fps = size
    seen_width, seen_height = first.display_size
    rate = exact_rate(fps) if fps is not None else first.fps
    if fps is None and first.vfr:
        rate = exact_rate(round(float(first.fps), 3))
    if not 0 < rate <= 240:
        raise BadInput(f"a film of {float(rate):g} frames a second cannot be made.", "Name its rate: --fps 24.")
    return Shape(width or seen_width, height or seen_height, rate, fit)


def _repeating(probes: Sequence[Probe], shape: Shape, interrupted: Callable[[], bool]) -> set[int]:
    """Positions of the clips that begin on the frame the one before them ends on and have more than that one frame."""
    from ..errors import Interrupted
    from .seams import repeats

    found = set()
    for i in range(1, len(probes)):
        if interrupted():
            raise Interrupted("joining: stopped while comparing seams.", "Run it again to do it over.")
        if probes[i].frames > 1 and repeats(probes[i - 1], probes[i], shape):
            found.add(i)
    return found
