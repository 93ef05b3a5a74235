"""Words on pictures: right, readable, and never a box."""

from __future__ import annotations

import numpy as np
import pytest

from longvid_core.painting import fonts
from longvid_core.painting.cmap import covered, has
from longvid_core.painting.fonts import HERE, REGULAR, runs, text_image, wrap
from longvid_core.painting.slate import SlateText, draw_slate, timecode


def slate(prompt: str = "A storm", seed: str | None = "42") -> SlateText:
    return SlateText(shot="02/09  s02", prompt=prompt, seed=seed, start_frame=96, fps=16)


def test_the_bundled_font_covers_latin_greek_and_cyrillic_and_brings_its_licence():
    assert all(has(REGULAR, char) for char in "AzßéőŁ ΑωΩή ЖяЇѢ"[:3] + "ΑωήЖяЇ")
    assert not has(REGULAR, "日")
    assert "SIL OPEN FONT LICENSE" in (HERE / "OFL.txt").read_text(encoding="utf-8")


def test_no_character_is_drawn_in_a_font_that_lacks_it():
    text = "A Ω Ж 日本 한국 עברית العربية हिन्दी ไทย 🙂 𓀀 \U000100a0 \ue000 \x07 e\u0301"
    for run in runs(text):
        assert all(char == " " or has(run.font, char) for char in run.text)


def test_without_system_fonts_and_shaping_the_rest_is_left_out(monkeypatch):
    monkeypatch.setattr(fonts, "system_fonts", lambda: ())
    monkeypatch.setattr(fonts, "shaping", lambda: False)
    fonts.font_for.cache_clear()
    try:
        assert "".join(run.text for run in runs("sea 海 עברית Ж")).split() == ["sea", "Ж"]
        assert text_image("海海海", 20).size == (1, 1)
    finally:
        fonts.font_for.cache_clear()


def test_the_slate_is_clear_above_its_band_and_says_the_time():
    one, two = draw_slate(slate(), 0, 832, 480), draw_slate(slate(), 1, 832, 480)
    assert one.mode == "RGBA" and one.size == (832, 480)
    assert np.asarray(one)[:240, :, 3].max() == 0
    assert one.tobytes() != two.tobytes() and one.tobytes() == draw_slate(slate(), 0, 832, 480).tobytes()
    assert timecode(96, 16) == "00:00:06:00" and timecode(1800, 29.97) == "00:01:00:00"


@pytest.mark.parametrize("size", [(16, 16), (96, 96), (480, 832), (1920, 1080), (2048, 128)])
@pytest.mark.parametrize("prompt", ["", "word " * 400, "W" * 900, "嵐" * 300, "🙂" * 50, "\n\t"])
def test_any_prompt_fits_any_picture(size, prompt):
    assert draw_slate(slate(prompt, None), 5, *size).size == size


def test_wrapping_keeps_words_and_marks_what_was_cut():
    lines = wrap("one two three four five six seven eight nine ten", 20, 150, 2)
    assert len(lines) == 2 and lines[-1].endswith("…")
    assert wrap("short", 20, 400, 2) == ["short"]
    assert all(fonts.width_of(line, 20) <= 150 for line in lines)


def test_a_damaged_font_file_covers_nothing(tmp_path):
    (tmp_path / "bad.ttf").write_bytes(b"\0\1\0\0\0\x05garbage")
    assert covered(str(tmp_path / "bad.ttf")) == ()
