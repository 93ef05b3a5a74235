"""The steps of a job at a remote provider, in words."""

from __future__ import annotations

JOB_STATES = {
    "intent": "being submitted", "submitted": "queued", "running": "rendering", "succeeded": "fetching", "downloaded": "checking",
    "verified": "kept", "unknown": "answer lost", "refused": "not taken in", "failed": "failed", "cancelled": "cancelled",
    "resubmit": "submitted again", "dropped": "given up",
}  # fmt: skip
"""A remote job's steps, as people read them."""
