from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from longvid_core.media.concat import concat
from longvid_core.media.join import Encoder, Part, join_parts
from longvid_core.media.probe import probe
from longvid_core.media.sound import Span, boundaries
from tests.media.clips import encoded, ffmpeg, ffv1, pictures, samples

SHAPE = {"width": 96, "height": 64}
LOSSLESS = ["-c:v", "ffv1", "-c:a", "pcm_s16le"]


def click(path: Path, seconds: float, at: list[int], rate: int = 48000) -> Path:
    """A mono WAV, silent but for one full sample at each of these positions."""
    sound = np.zeros(round(seconds * rate), np.int16)
    sound[at] = 30000
    ffmpeg("-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0", path, stdin=sound.tobytes())
    return path


def clicks(sound: np.ndarray) -> list[int]:
    return [int(i) for i in np.flatnonzero(np.abs(sound[:, 0]) > 0.4)]


def test_boundaries_never_drift() -> None:
    spans = [Span(None, 0, 81)] * 1000
    lengths = [n for _, n in boundaries(spans, Fraction(24000, 1001))]
    assert sum(lengths) == round(81000 * 48000 * 1001 / 24000)
    assert max(lengths) - min(lengths) <= 1


def test_a_hundred_clips_keep_their_clicks_to_the_sample(each_ffmpeg: str, tmp_path: Path) -> None:
    fps = Fraction(30000, 1001)
    wav = click(tmp_path / "click.wav", 0.4, [0, 4000])
    clip = encoded(tmp_path / "clip.mkv", pictures(7), *LOSSLESS, fps="30000/1001", sound=wav)
    join_parts([Part(clip)] * 100, tmp_path / "film.mkv", fps=fps, encoder=Encoder("ffv1"), **SHAPE)
    starts = [round(7 * i * 48000 / fps) for i in range(100)]
    sound = samples(tmp_path / "film.mkv")
    assert clicks(sound) == [start + at for start in starts for at in (0, 4000)]
    assert len(sound) == round(700 * 48000 / fps)


def test_silent_clips_get_silence_and_a_dropped_frame_takes_its_sound_along(each_ffmpeg: str, tmp_path: Path) -> None:
    loud = encoded(tmp_path / "loud.mkv", pictures(16), *LOSSLESS, sound=click(tmp_path / "c.wav", 1, [100, 3000, 24000]))
    quiet = ffv1(tmp_path / "quiet.mkv", pictures(16))
    film = tmp_path / "film.mov"
    join_parts([Part(quiet), Part(loud, 1), Part(quiet, 1), Part(loud)], film, fps=16, encoder=Encoder("prores"), **SHAPE)
    second, fourth = 48000, round(46 * 3000)
    assert clicks(samples(film)) == [second, second + 21000, fourth + 100, fourth + 3000, fourth + 24000]
    assert probe(film).frames == 62


def test_other_rates_channels_and_codecs_land_where_they_belong_in_aac(each_ffmpeg: str, tmp_path: Path) -> None:
    tone = tmp_path / "tone.wav"
    ffmpeg(
        "-f", "lavfi", "-i", "sine=880:sample_rate=44100:duration=0.5", "-af", "adelay=250|250,apad=whole_dur=1", "-ac", "2", tone
    )
    loud = encoded(tmp_path / "loud.mp4", pictures(16), "-c:a", "aac", "-b:a", "128k", sound=tone)
    quiet = encoded(tmp_path / "quiet.mp4", pictures(16, width=160, height=90))
    join_parts(
        [Part(quiet), Part(loud), Part(quiet)], tmp_path / "film.mp4", fps=16, encoder=Encoder(preset="ultrafast"), **SHAPE
    )
    found = probe(tmp_path / "film.mp4")
    assert found.sound is not None and (found.sound.codec, found.sound.rate, found.sound.channels) == ("aac", 48000, 2)
    level = np.abs(samples(tmp_path / "film.mp4")[:, 0])
    beginning, end = np.flatnonzero(level > 0.03)[[0, -1]]
    assert abs(beginning - 60000) < 1100 and abs(end - 84000) < 1100  # within one AAC frame
    assert level[:58000].max() < 0.01 and level[86000:].max() < 0.01


def test_films_with_sound_repeat_too(tmp_path: Path) -> None:
    loud = encoded(tmp_path / "loud.mp4", pictures(16), "-c:a", "aac", sound=click(tmp_path / "c.wav", 1, [3000]))
    films = [tmp_path / f"{n}.mp4" for n in "ab"]
    for film in films:
        join_parts([Part(loud)] * 3, film, fps=16, encoder=Encoder(preset="ultrafast"), **SHAPE)
    assert films[0].read_bytes() == films[1].read_bytes()


@pytest.mark.parametrize("delay", [0.25, -0.25])
def test_sound_that_starts_early_or_late_is_placed_by_its_timestamps(tmp_path: Path, delay: float) -> None:
    wav = click(tmp_path / "c.wav", 1, [18000])
    flat = encoded(tmp_path / "flat.mkv", pictures(16), "-c:v", "ffv1")
    moved = tmp_path / "moved.mkv"
    first, second = (
        (["-i", flat], ["-itsoffset", str(delay), "-i", wav])
        if delay > 0
        else (["-itsoffset", str(-delay), "-i", flat], ["-i", wav])
    )
    ffmpeg(*first, *second, "-map", "0:v", "-map", "1:a", "-c", "copy", moved)
    join_parts([Part(moved)], tmp_path / "film.mkv", fps=16, encoder=Encoder("ffv1"), **SHAPE)
    (found,) = clicks(samples(tmp_path / "film.mkv"))
    assert abs(found - (18000 + delay * 48000)) <= 48  # Matroska counts milliseconds


def test_a_blend_keeps_the_sound(tmp_path: Path) -> None:
    loud = encoded(tmp_path / "loud.mkv", pictures(16), *LOSSLESS, sound=click(tmp_path / "c.wav", 1, [3000]))
    concat([loud, loud], tmp_path / "film.mkv", seam="blend", encoder=Encoder("ffv1"))
    assert clicks(samples(tmp_path / "film.mkv")) == [3000, 51000]
