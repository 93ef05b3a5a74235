"""Clips made elsewhere: taken in byte for byte, found again by content, refused under their own name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from longvid_core.errors import LongvidError
from longvid_core.media.encode import ClipWriter
from longvid_core.models import Rendered
from longvid_core.models.film import Release
from longvid_core.render.clips import adopt_clips
from longvid_core.render.film import join_film
from longvid_core.render.session import open_session
from longvid_core.settings import Settings
from tests.films import outcomes, small_plan


def clip(path: Path, *, frames: int = 20, fps: int = 16) -> Path:
    with ClipWriter(path, 64, 48, fps) as writer:
        for number in range(frames):
            writer.write(np.random.default_rng(number).integers(0, 255, (48, 64, 3), np.uint8))
    return path


def adopted(home: Path, *files: Path, film: bool = False) -> Rendered | Release:
    settings = Settings().model_copy(update={"home": home})
    with open_session(settings, command="a test", emit=lambda event: None) as session:
        rendered = adopt_clips(small_plan(len(files)), files, session)
        return asyncio.run(join_film(rendered, session)) if film else rendered


def test_a_foreign_clip_is_kept_byte_for_byte_and_found_again_under_another_name(tmp_path: Path) -> None:
    one, two = clip(tmp_path / "one.mkv"), clip(tmp_path / "two.mkv", frames=40, fps=32)
    first = adopted(tmp_path / "home", one, two, film=True)
    assert isinstance(first, Release) and outcomes(first) == ["rendered", "rendered"]
    assert first.film.frames == 20 + 20 - 1, "the second one at the plan's 16 fps, less the frame at the join"
    assert [Path(c.path).read_bytes() for c in first.rendered.clips] == [one.read_bytes(), two.read_bytes()]
    assert {o.determinism for o in first.rendered.outcomes} == {"none"}
    again = adopted(tmp_path / "home", one.rename(tmp_path / "moved.mkv"), two)
    assert outcomes(again) == ["cached", "cached"]


@pytest.mark.parametrize("fault", ["missing", "cut short", "too fast", "a folder"])
def test_what_cannot_be_a_clip_is_named_and_not_kept(tmp_path: Path, fault: str) -> None:
    file = tmp_path / "mine.mkv"
    if fault == "cut short":
        whole = clip(file).read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
    elif fault == "too fast":
        clip(file, fps=1000)
    elif fault == "a folder":
        file.mkdir()
    with pytest.raises(LongvidError, match=r"/mine\.mkv "):
        adopted(tmp_path / "home", file)
    assert not [p for folder in ("clips", "scratch") for p in (tmp_path / "home" / folder).rglob("*.mkv")]
