"""Fixtures of the tests of local models."""

from tests.local_models import flf2v, framepack, i2v, processor, request_of, samplings
from tests.render.conftest import studio

__all__ = ["flf2v", "framepack", "i2v", "processor", "request_of", "samplings", "studio"]
