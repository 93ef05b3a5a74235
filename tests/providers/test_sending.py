"""When a request is written down: with everything built, before anything is sent; at every provider of remote video."""

from __future__ import annotations

import pytest

from longvid_core.errors import OverBudget
from longvid_core.providers.base import VideoRequest
from longvid_core.providers.jobs import RemoteVideo
from tests.fake_google import FakeGoogle
from tests.fake_replicate import FakeReplicate
from tests.fake_runway import FakeRunway
from tests.fake_video import FakeVideo
from tests.google_parts import OMNI, VEO
from tests.google_parts import Asks as GoogleAsks
from tests.google_parts import Opens as GoogleOpens
from tests.replicate_parts import PRO, Wanted
from tests.replicate_parts import opened as replicate_studio
from tests.runway_parts import Asks as RunwayAsks
from tests.runway_parts import studio as runway_studio


async def sends_after(fake: FakeVideo, video: RemoteVideo, model: str, request: VideoRequest) -> None:
    """One submit that is written down, and one that is not allowed to be."""
    seen: list[int] = []

    def written() -> None:
        seen.append(len(fake.to("submit")))

    await video.submit(model, request, written)
    assert seen == [0] and len(fake.to("submit")) == 1

    def refuse() -> None:
        raise OverBudget("no.")

    with pytest.raises(OverBudget, match=r"^no\.$"):
        await video.submit(model, request, refuse)
    assert len(fake.to("submit")) == fake.charges == 1


async def test_runway(runway: FakeRunway, runway_request: RunwayAsks) -> None:
    await sends_after(runway, runway_studio(), "veo3.1", runway_request("veo3.1"))


@pytest.mark.parametrize("model", [VEO, OMNI])
async def test_google(google: FakeGoogle, google_video: GoogleOpens, google_request: GoogleAsks, model: str) -> None:
    await sends_after(google, google_video(), model, google_request())


async def test_replicate(replicate: FakeReplicate, replicate_request: Wanted) -> None:
    await sends_after(replicate, replicate_studio(), PRO, replicate_request())
