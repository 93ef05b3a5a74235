"""Longvid: one long prompt in, one long, coherent film out. This package knows no host; see `nodes/` for ComfyUI's."""

__version__ = "0.1.0"
