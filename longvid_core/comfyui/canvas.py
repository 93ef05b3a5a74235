"""Clips of the canvas, sampled again: each as a plan of one segment, through the recorded graph, into a store of its own."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..canonical import sha256_of
from ..catalog import Backend, entry_of
from ..errors import BadInput, Interrupted, RenderFailed
from ..files import writing
from ..models.clip import Clip
from ..models.plan import Keyframe, Plan, Segment
from ..models.records import ModelRecord
from ..planfile import plan_json
from ..providers.base import Surroundings, VideoRequest, Watch
from ..submit import NodeProgress, Server, Signal, submit
from ..submit.workflow import Workflow
from .installed import Installed, installed
from .naming import defaults, name_of
from .process import Process
from .recorded import PLAN, SAMPLER, Recorded, Wanted, recorded, wanted, workflow
from .weights import Weights

if TYPE_CHECKING:
    from ..render.segment import Take

PROVIDER = "comfyui"


class Canvas:
    """A run's ComfyUI: found when it is first asked about, started when something has to be sampled, and stopped with the run."""

    def __init__(self, around: Surroundings) -> None:
        assert around.scratch is not None, "its folders are on disk"
        self._around, self._folder = around, around.scratch / PROVIDER
        self._here: tuple[Installed, Weights, Process] | None = None
        self._known: dict[str, Backend] = {}

    def backend(self, model: ModelRecord) -> Backend:
        """What samples a recorded model's clips again. BadInput, saying why, where that cannot be. Starts nothing."""
        key = sha256_of(model.json_value())
        if key not in self._known:
            entries = entry_of(PROVIDER).models
            if model.id not in entries:
                raise BadInput(f"{PROVIDER} has no model {model.id!r}")
            canvas = recorded(model.fingerprint)
            at, weights, process = self._at_hand()
            files = {each: weights.find(each) for each in wanted(canvas)}
            name = model.id if not self._known else f"{model.id}#{len(self._known) + 1}"
            again = Again(model, canvas, files, at, weights, process, self._around)
            self._known[key] = Backend(PROVIDER, name, entries[model.id], again)
        return self._known[key]

    def close(self) -> None:
        """Stop what was started."""
        if self._here is not None:
            self._here[2].stop()

    def _at_hand(self) -> tuple[Installed, Weights, Process]:
        if self._here is None:
            around = self._around
            at = installed(around.settings.comfyui)
            weights = Weights(at, around.sha256_of, around.sha256_known)
            self._here = at, weights, Process(at, self._folder, around.settings.comfyui.threads)
        return self._here


class Opener:
    """Opens a run's canvas."""

    @contextlib.contextmanager
    def opened(self, around: Surroundings) -> Iterator[Canvas]:
        """It ends with the run."""
        with contextlib.closing(Canvas(around)) as canvas:
            yield canvas


class Again:
    """Renders what one recorded model rendered."""

    name = PROVIDER

    def __init__(
        self,
        model: ModelRecord,
        canvas: Recorded,
        files: Mapping[Wanted, list[Path]],
        at: Installed,
        weights: Weights,
        process: Process,
        around: Surroundings,
    ) -> None:
        self._model, self._canvas, self._files = model, canvas, files
        self._at, self._weights, self._process = at, weights, process
        self._interrupted, self._notice = around.interrupted, around.notice
        self._names: dict[Wanted, str] | None = None
        self._planner: dict[str, Any] = {}
        self._turn = asyncio.Lock()

    @property
    def files(self) -> int:
        """How many model files it is made from."""
        return len({file for files in self._files.values() for file in files})

    def recorded(self) -> ModelRecord:
        """The model as the manifest has it."""
        return self._model

    def fingerprint(self, model: str) -> dict[str, Any]:
        """The recorded one: what really sampled a clip is known when ComfyUI has read the same files, and comes with the clip."""
        return self._model.fingerprint

    def ready(self) -> None:
        """BadInput where Longvid's nodes are not in that ComfyUI."""
        if not self._at.has_pack:
            raise BadInput(
                f"Longvid's own nodes, which sample it, are not in {self._at.custom_nodes[0]}: link or install them there"
            )

    async def confirm(self) -> None:
        """Start ComfyUI, and BadInput where it lacks a node or does not offer a file to the node that is to load it."""
        if not self._process.running:
            self._notice("starting ComfyUI, which takes a while ...")
        url = await asyncio.to_thread(self._process.url, self._interrupted)
        async with Server(url) as server:
            classes = [*(node.class_type for node in self._canvas.graph.nodes), PLAN, SAMPLER]
            nodes = {name: await server.node(name) for name in dict.fromkeys(classes)}
            if missing := [name for name, node in nodes.items() if not node]:
                raise BadInput(f"this ComfyUI has no node {', '.join(missing)}")
            folders = {**await server.model_folders(), "input": [str(self._at.input)]}
        self._planner = defaults(nodes[PLAN])
        self._names = {
            each: await asyncio.to_thread(name_of, each, files, nodes[each.class_type], folders, self._weights.sha256_of)
            for each, files in self._files.items()
        }

    async def render(self, model: str, request: VideoRequest, target: Path, watch: Watch) -> Mapping[str, Any]:
        """Sample one segment there and take its clip, byte for byte what the sampler stored."""
        async with self._turn:
            if self._names is None or not self._process.running:
                await self.confirm()
            take = self._take(request)
            assert self._names is not None
            prompt = workflow(self._canvas, plan_json(take.plan), self._names.__getitem__, self._planner)
            await self._sampled(prompt, take, watch)
            clip = await asyncio.to_thread(self._clip, take)
            with writing(target):
                shutil.move(clip.path, target)
        other = clip.made_by
        return {**clip.made, **({"made_by": other.json_value()} if other is not None and other != self._model else {})}

    async def _sampled(self, prompt: Workflow, take: Take, watch: Watch) -> None:
        steps = self._canvas.sampling.get("steps")

        def tell(signal: Signal) -> None:
            if isinstance(signal, NodeProgress) and signal.node == "sampler" and isinstance(steps, int) and signal.done:
                watch.steps(round(steps * signal.done / signal.total), steps)

        def stop() -> bool:
            return watch.interrupted() or self._process.ended

        url = await asyncio.to_thread(self._process.url, self._interrupted)
        async with Server(url) as server:
            try:
                await submit(prompt, server, self._process.home.parent / "files", tell=tell, interrupted=stop)
            except Interrupted as error:
                raise Interrupted("sampling: stopped.", "Run it again to do it over.") from error
            except RenderFailed as error:
                if self._process.ended:
                    raise RenderFailed(f"ComfyUI ended while it sampled. Its log ends:\n{self._process.tail()}") from error
                said = await asyncio.to_thread(self._said, take)
                raise RenderFailed(said or error.what) from error

    def _take(self, request: VideoRequest) -> Take:
        """The request as the take of a film of one segment: what the sampler there makes of it, too."""
        from ..render.segment import Take

        plan = one_segment(request)
        backend = Backend(PROVIDER, self._model.id, entry_of(PROVIDER).models[self._model.id])
        return Take.of(plan, plan.segments[0], backend, request.first, request.last, self._model)

    def _said(self, take: Take) -> str | None:
        """Why the sampler could not render it, as it noted there."""
        from ..store.ledger import Ledger

        if not (self._process.home / "ledger.db").is_file():
            return None
        with contextlib.closing(Ledger(self._process.ledger_url)) as ledger:
            attempts = ledger.attempts(take.render_key)
        return attempts[-1].message if attempts else None

    def _clip(self, take: Take) -> Clip:
        """What the sampler stored: under the recorded model's key, or as the newest clip of this request."""
        from ..store import Store

        store = Store(self._process.home)
        clip = store.clip(take.render_key) or store.earlier_take(take.request_key)
        if clip is None:
            raise RenderFailed("ComfyUI says that it sampled the segment, and its clip is not in the store.")
        return clip


def one_segment(request: VideoRequest) -> Plan:
    """A plan that asks for exactly this: its look, its seed as it was sent, its pictures at its ends."""
    ends = {role: image for role, image in (("first", request.first), ("last", request.last)) if image is not None}
    segment = Segment(
        id="s00",
        index=0,
        join="cut",
        prompt=request.prompt,
        negative=request.negative,
        frames=request.frames,
        seed=request.seed,
        first_keyframe="first" if "first" in ends else None,
        last_keyframe="last" if "last" in ends else None,
    )
    return Plan(
        title="",
        mode="chaining",  # it may end on a picture, and need not
        fps=request.fps,
        width=request.width,
        height=request.height,
        fit=request.fit,
        seed=request.seed or 0,
        visual=request.visual,
        keyframes=tuple(Keyframe(id=role, prompt=role, source="user", image=image) for role, image in ends.items()),
        segments=(segment,),
    )
