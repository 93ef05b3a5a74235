"""Colour between RGB and YUV: which matrix, and how a file says so."""

from __future__ import annotations

from typing import Any

BT709_TAGS: dict[str, Any] = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "color_range": "tv"}
"""Output options: the tags of every film and proxy made from RGB."""

ACCURATE = "accurate_rnd+full_chroma_int+full_chroma_inp"
"""Flags of the filter `scale`: round to nearest, and average chroma over all the pixels it stands for."""

MARK_BT709 = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
"""A filter that says so of every frame: newer ffmpegs believe the frames, older ones the options."""

LEFT = "h_chr_pos=0"
"""Where H.264, HEVC and their like put chroma: at the left of each pair of pixels. libswscale's own default is between them,
which moves colour by a quarter of a pixel each time a film goes through. Takes the prefix `in_` or `out_`."""

TO_BT709 = f"scale=out_color_matrix=bt709:out_range=tv:out_{LEFT}:flags=bicubic+{ACCURATE},{MARK_BT709}"
"""Filters from RGB to YUV. Without the matrix libswscale writes BT.601, and reds and greens shift."""

# AVColorRange, AVColorSpace, AVColorPrimaries and AVColorTransferCharacteristic, as ffmpeg's options spell them
_RANGES = {1: "tv", 2: "pc"}
_SPACES = {
    1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco", 9: "bt2020nc", 10: "bt2020c",
}  # fmt: skip
_PRIMARIES = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020", 11: "smpte431", 12: "smpte432",
}  # fmt: skip
_TRANSFERS = {
    1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear", 11: "iec61966-2-4", 13: "iec61966-2-1",
    14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 18: "arib-std-b67",
}  # fmt: skip


def tags_of(colour: tuple[int, int, int, int]) -> dict[str, Any]:
    """Output options that repeat a stream's own (range, matrix, primaries, transfer); what it leaves open stays open."""
    names = {
        "color_range": _RANGES.get(colour[0]),
        "colorspace": _SPACES.get(colour[1]),
        "color_primaries": _PRIMARIES.get(colour[2]),
        "color_trc": _TRANSFERS.get(colour[3]),
    }
    return {key: name for key, name in names.items() if name}
