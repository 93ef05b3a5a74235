"""Fixtures of the tests of models, here and far away."""

from tests.google_parts import google, google_request, google_video
from tests.local_models import flf2v, framepack, i2v, processor, request_of, samplings
from tests.loopback import nobody
from tests.render.conftest import studio
from tests.replicate_parts import replicate, replicate_request
from tests.runway_parts import runway, runway_request

__all__ = [
    "flf2v", "framepack", "google", "google_request", "google_video", "i2v", "nobody", "processor",
    "replicate", "replicate_request", "request_of", "runway", "runway_request", "samplings", "studio",
]  # fmt: skip
