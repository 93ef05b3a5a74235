"""Still pictures: loading them upright, hashing their pixels, fitting them to a size, saving them the same way every time."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageOps, PngImagePlugin

from ..errors import Unreadable
from ..files import whole_file

if TYPE_CHECKING:
    from ..models.asset import Asset
    from ..models.plan import Fit


def load_rgb(path: str | Path) -> Image.Image:
    """The picture at `path`, upright by its EXIF tag, mode RGB, transparency laid over black. Unreadable otherwise."""
    try:
        with Image.open(path) as opened:
            opened.load()
            return _rgb(ImageOps.exif_transpose(opened))
    except FileNotFoundError as error:
        raise Unreadable(f"the picture {path} does not exist.", "Check the path.") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unreadable(f"cannot read the picture {path}: {error}.", "Save it again as PNG or JPEG.") from error


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        import numpy as np

        # 16-bit greys: Pillow's own convert("RGB") clips at 255 instead of scaling
        values = np.asarray(image, dtype=np.float64)
        scale = 255.0 if values.max(initial=0.0) <= 1.0 and image.mode == "F" else 255.0 / 65535.0
        image = Image.fromarray((values * scale + 0.5).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image.convert("RGBA"))
    return image.convert("RGB")


def pixels_sha256(image: Image.Image) -> str:
    """Hex sha256 over "MODE WIDTH HEIGHT\\n" in ASCII and the raw pixels, row by row: the same for the same picture."""
    digest = hashlib.sha256(f"{image.mode} {image.width} {image.height}\n".encode("ascii"))
    digest.update(image.tobytes())
    return digest.hexdigest()


def asset_of(path: str | Path) -> Asset:
    """The picture at `path` as an asset: absolute path and both hashes. Unreadable when it is none."""
    from ..models.asset import Asset

    pixels = pixels_sha256(load_rgb(path))
    with open(path, "rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return Asset(path=str(Path(path).absolute()), sha256=digest.hexdigest(), pixels_sha256=pixels)


def fit_image(image: Image.Image, width: int, height: int, fit: Fit) -> Image.Image:
    """`image` at exactly width x height: `crop` fills and cuts the overhang, `pad` adds black, `stretch` distorts."""
    if image.size == (width, height):
        return image
    if fit == "stretch":
        return image.resize((width, height), Image.Resampling.LANCZOS)
    if fit == "pad":
        return ImageOps.pad(image, (width, height), Image.Resampling.LANCZOS, color=(0, 0, 0))
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)


def save_png(image: Image.Image, path: str | Path, pnginfo: PngImagePlugin.PngInfo | None = None) -> None:
    """Write `image` to `path` as PNG: whole or not at all, the same bytes for the same pixels and `pnginfo`."""
    with whole_file(Path(path)) as temporary:
        image.save(temporary, format="PNG", compress_level=6, pnginfo=pnginfo, icc_profile=None, exif=None)
