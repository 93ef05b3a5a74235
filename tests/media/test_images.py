from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from longvid_core.errors import BadInput, Unreadable
from longvid_core.media.images import asset_of, fit_image, load_rgb, pixels_sha256, save_png


def gradient(width: int = 60, height: int = 40) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([x * 4, y * 6, 255 - x * 4], -1).astype(np.uint8))


def test_a_picture_is_saved_the_same_way_every_time_and_read_back_exactly(tmp_path: Path) -> None:
    save_png(gradient(), tmp_path / "a.png")
    save_png(gradient(), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (np.asarray(load_rgb(tmp_path / "a.png")) == np.asarray(gradient())).all()
    with pytest.raises(BadInput, match="does not exist"):
        save_png(gradient(), tmp_path / "no" / "a.png")


def test_other_metadata_leaves_the_pixels_hash_alone_and_one_pixel_changes_it(tmp_path: Path) -> None:
    gradient().save(tmp_path / "plain.png")
    gradient().save(tmp_path / "tagged.png", dpi=(300, 300), compress_level=1)
    one, other = asset_of(tmp_path / "plain.png"), asset_of(tmp_path / "tagged.png")
    assert one.pixels_sha256 == other.pixels_sha256 and one.sha256 != other.sha256
    assert one.sha256 == hashlib.sha256((tmp_path / "plain.png").read_bytes()).hexdigest()
    changed = gradient()
    changed.putpixel((3, 3), (0, 0, 0))
    assert pixels_sha256(changed) != one.pixels_sha256


def test_pictures_are_stood_up_by_their_exif_tag(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    gradient().save(tmp_path / "turned.png", exif=exif)
    assert load_rgb(tmp_path / "turned.png").size == (40, 60)


def test_transparency_sixteen_bits_and_palettes_become_plain_rgb(tmp_path: Path) -> None:
    clear = gradient().convert("RGBA")
    clear.putalpha(0)
    clear.save(tmp_path / "clear.png")
    assert np.asarray(load_rgb(tmp_path / "clear.png")).max() == 0
    deep = np.full((4, 4), 32896, np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert np.asarray(load_rgb(tmp_path / "deep.png")).tolist()[0][0] == [128, 128, 128]
    gradient().quantize(16).save(tmp_path / "palette.png")
    assert load_rgb(tmp_path / "palette.png").mode == "RGB"


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(30)])
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.png").write_bytes(data)
    with pytest.raises(Unreadable, match=r"bad\.png"):
        load_rgb(tmp_path / "bad.png")
    with pytest.raises(Unreadable, match="does not exist"):
        load_rgb(tmp_path / "missing.png")
    with pytest.raises(Unreadable):
        load_rgb(tmp_path)


def test_fitting_crops_pads_or_stretches_to_the_exact_size() -> None:
    wide = Image.new("RGB", (200, 50), (9, 99, 199))
    assert fit_image(wide, 64, 64, "crop").getpixel((0, 0)) == (9, 99, 199)
    padded = fit_image(wide, 64, 64, "pad")
    assert padded.size == (64, 64) and padded.getpixel((32, 2)) == (0, 0, 0) and padded.getpixel((32, 32)) == (9, 99, 199)
    assert fit_image(wide, 64, 64, "stretch").getpixel((63, 63)) == (9, 99, 199)
    same = gradient()
    assert fit_image(same, 60, 40, "crop") is same
