"""`longvid diff` and `longvid bundle`: what people and machines are told."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from longvid_core.media.frames import iterate_frames, rgb_array

from .conftest import Longvid, refused

SHOT = ["--segments", "2", "--size", "64x48", "--fps", "4", "--seconds", "2", "--seed", "5"]


@pytest.fixture
def plans(longvid: Longvid, tmp_path: Path) -> Path:
    """a.json, and b.json that asks for something else in its second segment."""
    assert longvid("plan", "A storm over the sea. A red boat waits.", *SHOT, "-o", "a.json").code == 0
    value = json.loads((tmp_path / "a.json").read_text())
    value["segments"][1]["prompt"] += " <b>Gulls & rain.</b>"
    value["segments"][1]["visual"]["lens"]["focal_length_mm"] = 85
    (tmp_path / "b.json").write_text(json.dumps(value))
    return tmp_path


def test_what_changed_is_told_word_by_word(longvid: Longvid, plans: Path) -> None:
    ran = longvid("diff", "a.json", "b.json")
    said = " ".join(ran.out.split())
    assert ran.code == 1 and ran.err == ""
    assert "segment 01 s02" in said and "segment 00" not in said
    assert "{+<b>Gulls & rain.</b>+}" in said and "lens focal length mm" in said and "{+85.0+}" in said
    assert "1 of 2 segments would be rendered anew: free 01 s02: prompt, lens focal length mm" in said


def test_equal_ones_end_well(longvid: Longvid, plans: Path) -> None:
    ran = longvid("diff", "a.json", "a.json")
    assert ran.code == 0 and ran.out == "nothing is otherwise\n"
    assert longvid("diff", "a.json", "a.json", "--json").last["equal"] is True


def test_machines_get_it_whole(longvid: Longvid, plans: Path) -> None:
    ran = longvid("diff", "a.json", "b.json", "--json", "--html", "d.html", "--backend", "runway:veo3.1")
    assert ran.code == 1 and len(ran.lines) == 1
    assert ran.last["event"] == "done" and ran.last["equal"] is False and ran.last["page"] == str(plans / "d.html")
    (segment,) = (s for s in ran.last["segments"] if s["touched"])
    assert segment["id"] == "s02" and {"prompt", "lens focal length mm"} == {c["field"] for c in segment["changes"]}
    assert ran.last["price"]["low_micro_usd"] > 0


def test_the_page_needs_nothing_else(longvid: Longvid, plans: Path) -> None:
    assert longvid("diff", "a.json", "b.json", "--html", "d.html").code == 1
    page = (plans / "d.html").read_text()
    assert "<ins>" in page and "&lt;b&gt;Gulls &amp; rain.&lt;/b&gt;" in page and "<b>Gulls" not in page
    assert "default-src 'none'" in page and not re.search(r"(src|href)=.?http", page)


def test_a_film_and_its_manifest_are_the_same_and_pictures_are_compared(longvid: Longvid, plans: Path) -> None:
    assert longvid("render", "a.json", "-o", "a.mp4").code == 0
    assert longvid("render", "b.json", "--reroll", "1", "-o", "b.mp4").code == 0
    assert longvid("diff", "a.mp4", "a.manifest.json").code == 0
    assert longvid("diff", "a.mp4", "a.json").code == 0
    ran = longvid("diff", "a.mp4", "b.mp4")
    assert ran.code == 1 and "PSNR" in ran.out and "frames differ" in ran.out
    (plans / "b.mp4").rename(plans / "elsewhere.mp4")
    assert "PSNR" not in longvid("diff", "a.mp4", "b.manifest.json").out
    assert "PSNR" in longvid("diff", "a.mp4", "b.manifest.json", "--film-b", "elsewhere.mp4").out


def test_the_page_shows_the_frame_that_differs_most_of_each_segment(
    longvid: Longvid, plans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of both films, with their difference; of an added segment, of the one that has it."""
    value = json.loads((plans / "b.json").read_text())
    value["segments"].append({**value["segments"][1], "id": "s99", "index": 2, "join": "cut", "prompt": "A lighthouse."})
    value["segments"][2] |= {"first_keyframe": "new", "last_keyframe": None}
    value["keyframes"].append({**value["keyframes"][0], "id": "new", "prompt": "A lighthouse."})
    (plans / "b.json").write_text(json.dumps(value))
    assert longvid("render", "a.json", "-o", "a.mp4").code == 0
    assert longvid("render", "b.json", "--reroll", "1", "-o", "b.mp4").code == 0
    assert longvid("diff", "a.mp4", "b.mp4", "--html", "d.html").code == 1
    figures = re.findall(r'src="data:image/jpeg;base64,([^"]+)"><figcaption>([^<]+)<', (plans / "d.html").read_text())
    figures = figures[-4:]  # an encoder may tell what comes at a segment's end, so the first one's may differ, too
    assert [re.sub(r" \d+", " N", caption) for _, caption in figures] == [
        "a.mp4, frame N", "b.mp4, frame N", "their difference, N times as bright", "b.mp4, frame N",
    ]  # fmt: skip
    for data, caption in (figures[0], figures[1], figures[3]):
        film, _, number = caption.partition(", frame ")
        frame = next(rgb_array(f) for i, f in enumerate(iterate_frames(plans / film)) if i == int(number))
        still = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
        assert still.shape == frame.shape and np.abs(still.astype(int) - frame).mean() < 4
    monkeypatch.setattr("longvid_core.cli.diff_page.MOST", 1)
    assert longvid("diff", "a.mp4", "b.mp4", "--html", "d.html").code == 1
    page = (plans / "d.html").read_text()
    assert page.count("<img") == 1 and "not in a.mp4" in page and "that differ most" in page


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["a.json", "none.json"], "none.json"),
        (["a.json", "."], ". is a folder"),
        (["a.zip", "a.json"], "a.zip is a bundle"),
        (["a.json", "none.mp4"], "none.manifest.json"),
        (["a.json", "text.json"], "text.json is not JSON"),
        (["a.json", "a.json", "--film-a", "none.mp4"], "there is no film none.mp4"),
        (["a.json", "b.json", "--html", "page.txt"], "page.txt"),
    ],
)
def test_what_cannot_be_compared_is_refused(longvid: Longvid, plans: Path, args: list[str], why: str) -> None:
    (plans / "text.json").write_text("not this")
    assert why in refused(longvid("diff", *args))


def test_a_bundle_is_written_and_told_of(longvid: Longvid, plans: Path) -> None:
    assert longvid("render", "a.json", "-o", "a.mp4").code == 0
    ran = longvid("bundle", "a.mp4", "-o", "a.zip")
    assert ran.code == 0 and "a.zip: 3 references, no clips, their hashes alone" in ran.out
    done = longvid("bundle", "a.manifest.json", "-o", "b.zip", "--clips", "--json").last
    assert done["event"] == "done" and (done["references"], done["clips"]) == (3, 2)
    assert len(zipfile.ZipFile(plans / "b.zip").namelist()) == 3 + 3 + 2
    shared = longvid("bundle", "a.mp4", "-o", "c.zip", "--share")
    assert "it can be checked, and not replayed" in " ".join(shared.out.split())
    assert b"red boat" not in (plans / "c.zip").read_bytes()


def test_a_bundle_of_nothing_is_refused(longvid: Longvid, plans: Path) -> None:
    assert "none.manifest.json" in refused(longvid("bundle", "none.mp4", "-o", "a.zip"))
    assert "a.json is not a manifest" in refused(longvid("bundle", "a.json", "-o", "a.zip"))
    assert "a.txt" in refused(longvid("bundle", "a.json", "-o", "a.txt"))
    assert list(plans.glob("*.zip")) == []
