"""What travels along the wires of the canvas between Longvid's nodes: the core's own values."""

from __future__ import annotations

from .api import io

Plan = io.Custom("LONGVID_PLAN")
"""`longvid_core.models.Plan`."""
Keyframes = io.Custom("LONGVID_KEYFRAMES")
"""`tuple[longvid_core.models.Keyframe, ...]`, each with its picture."""
Clips = io.Custom("LONGVID_CLIPS")
"""`longvid_core.models.Rendered`: the plan and what became of its segments."""
Film = io.Custom("LONGVID_FILM")
"""`longvid_core.models.Release`: the film's file and what it was made from."""
Asset = io.Custom("LONGVID_ASSET")
"""`longvid_core.models.Asset`: one picture in the store."""
