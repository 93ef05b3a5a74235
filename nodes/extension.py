"""The nodes this pack brings."""

from __future__ import annotations

from .clip_to_video import ClipToVideo
from .clips_from_videos import ClipsFromVideos
from .concat import Concat
from .host.api import ComfyExtension, before_queueing, io
from .host.backends import all_or_nothing
from .keyframe_generator import KeyframeGenerator
from .keyframes_from_images import KeyframesFromImages
from .last_frame import LastFrame
from .manifest_loader import ManifestLoader
from .manifest_writer import ManifestWriter
from .plan_to_lists import PlanToLists
from .remote_video import RemoteVideo
from .seed_lock import SeedLock
from .segment_planner import SegmentPlanner
from .wan_flf2v_sampler import WanFLF2VSampler

NODES: list[type[io.ComfyNode]] = [
    SegmentPlanner, SeedLock, KeyframeGenerator, WanFLF2VSampler, RemoteVideo, LastFrame, Concat, ManifestWriter,
    PlanToLists, ClipsFromVideos, ClipToVideo, KeyframesFromImages, ManifestLoader,
]  # fmt: skip


class Longvid(ComfyExtension):
    """One long prompt in, one long, coherent film out."""

    async def on_load(self) -> None:
        before_queueing(all_or_nothing)

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return NODES
