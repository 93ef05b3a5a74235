"""From options and settings to what the core is asked for. Every complaint names the option it is about."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, StoreError, UnknownName

if TYPE_CHECKING:
    from ..catalog import Backend
    from ..models.plan import Plan
    from ..planning.brief import Brief, Limits
    from ..planning.choose import Foreseen
    from ..render.session import Session
    from ..settings import Settings
    from .reporting import Reporter

_OPTION = {
    "prompt": "the prompt",
    "seed_policy": "--seed-policy",
    "seed_step": "--seed-step",
    "width": "--size",
    "height": "--size",
}
"""A brief's fields as a person wrote them; any other field is the option of its name."""


@dataclass(frozen=True)
class Asked:
    """What one film was asked for: the brief, the plan's limits, and who does the work."""

    brief: Brief
    limits: Limits
    planner: str
    images: str
    backend: str


def read_prompt(words: str | None, file: Path | None) -> str:
    """The prompt from the command line, a file or stdin. BadInput when there is none, or two, or it is empty or not UTF-8."""
    if words is not None and file is not None:
        raise BadInput("a prompt and a prompt file were given.", "Leave one of them out: PROMPT, or -f FILE.")
    if words is None and file is None:
        raise BadInput("there is no prompt.", 'Give one in quotes, or -f FILE (-f - reads stdin): longvid make "A boat …".')
    name = "the prompt" if file is None else "stdin" if str(file) == "-" else str(file)
    text = words if words is not None else _text_of(file, name)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(f"{name} is not UTF-8 text.", "Put it into a UTF-8 file and give that with -f.") from error
    text = text.removeprefix("\ufeff").replace("\0", "")
    if not text.strip():
        raise BadInput(f"{name} is empty.", "Say in words what the film shows.")
    return text


def _text_of(file: Path | None, name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == "stdin" else Path(str(file)).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"cannot read the prompt from {name}: {error.strerror}.", "Check the path given to -f.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not UTF-8 text (byte {error.start}).", "Save it as UTF-8, and as plain text.") from error


def seed_of(seed: str | None, policy: str | None, generation_id: str | None) -> tuple[int | None, str | None]:
    """The base seed (None: derived later) and the policy. BadInput for options that contradict each other."""
    from ..seeds import draw_seed, seed_from_id

    if generation_id is not None:
        if not generation_id.strip():
            raise BadInput("--generation-id is empty.", "Give the id whose seed is wanted.")
        if seed is not None or policy not in (None, "from_id"):
            raise BadInput(
                "--generation-id sets the base seed by itself.", "Leave out --seed, and --seed-policy or make it from_id."
            )
        return seed_from_id(generation_id), "from_id"
    if policy == "from_id":
        raise BadInput("--seed-policy from_id needs the id.", "Add --generation-id ID, or choose another policy.")
    if seed is None:
        return None, policy
    if seed == "random":
        return draw_seed(), policy
    if not (seed.isascii() and seed.isdigit() and len(seed) <= 40 and int(seed) < 2**64):
        raise BadInput(f"--seed {seed} is no seed.", "It is a whole number from 0 to 18446744073709551615, or random.")
    return int(seed), policy


def size_of(size: str) -> tuple[int, int]:
    """(width, height) out of `WxH`. BadInput unless both are even numbers from 16 to 8192."""
    found = re.fullmatch(r"(\d{1,9})[xX×](\d{1,9})", size.strip(), re.ASCII)
    if found is None:
        raise BadInput(f"--size {size} is no size.", "It is WIDTHxHEIGHT in pixels, such as 832x480.")
    width, height = int(found[1]), int(found[2])
    for side in (width, height):
        if not 16 <= side <= 8192:
            raise BadInput(
                f"--size {size}: {side} is out of range.", "Each side is an even number from 16 to 8192, such as 832x480."
            )
        if side % 2:
            raise BadInput(f"--size {size}: {side} is odd, and video codecs need even sides.", f"Use {side - 1} or {side + 1}.")
    return width, height


def asked(
    settings: Settings,
    prompt: str,
    *,
    size: str | None,
    seed: int | None,
    planner: str | None,
    images: str | None,
    backend: str | None,
    **options: Any,
) -> Asked:
    """Options over settings over the models' own defaults. `options` are the brief's other fields; None was not given."""
    from pydantic import ValidationError

    from ..planning.brief import Brief, Limits
    from ..planning.choose import model_of

    width, height = size_of(size or settings.size)
    given = {name: value for name, value in options.items() if value is not None}
    said = {name: getattr(settings, name) for name in ("mode", "fps", "fit", "seed_policy")}
    try:
        brief = Brief(**{**said, **given, "prompt": prompt, "width": width, "height": height, "seed": seed})
    except ValidationError as error:
        raise BadInput(*_complaint(error)) from error
    video = backend_named(backend or settings.backend, "video", "--backend")
    picture = backend_named(images or settings.images.backend, "image", "--images")
    chosen = planner or settings.planner.name
    model_of(chosen)
    limits = Limits.of(str(video), video.entry, brief.fps)
    if brief.fps is not None and limits.fps != brief.fps:
        raise BadInput(
            f"--fps {brief.fps:g}: {video} renders at {limits.fps:g} only.", f"Leave --fps out, or use --fps {limits.fps:g}."
        )
    return Asked(brief, limits, chosen, picture.asked, str(video))


async def planned(what: Asked, session: Session | None = None, *, replan: bool = False, budget: float | None = None) -> Plan:
    """The plan that the chosen planner makes. A language model needs the session; see `asks_a_model`."""
    from ..planning.choose import plan_by

    return await plan_by(what.planner, what.brief, what.limits, session, replan=replan, budget=budget)


def foreseen(what: Asked, session: Session, out: Reporter, *, replan: bool = False) -> tuple[Plan, Foreseen]:
    """The plan for a look ahead, and what planning will take, which is also said. Nobody is asked."""
    from ..planning.choose import foresee
    from ..planning.language_models import price_shown

    plan, takes = foresee(what.planner, what.brief, what.limits, session, replan=replan)
    if not takes.cached:
        tokens = f"about {takes.tokens_in} tokens in, {takes.tokens_out} out, {price_shown(takes.micro_usd)}"
        out.say(f"planning by {takes.planner}: {tokens}. Until then the offline planner's plan stands in.")
    return plan, takes


def asks_a_model(what: Asked) -> bool:
    """Whether planning costs something: a request to a language model, which goes into the ledger."""
    from ..planning.choose import model_of

    return model_of(what.planner) is not None


def backend_named(name: str, kind: Any, option: str) -> Backend:
    """The backend of that name; the complaint about a wrong one names the option."""
    from ..catalog import find_backend

    try:
        return find_backend(name, kind)
    except UnknownName as error:
        raise UnknownName(
            f"{option} {name}: {error.what}", *error.way_out, "`longvid backends` shows what each can do."
        ) from error


def _complaint(error: Any) -> list[str]:
    """A brief's faults as complaints about options: `--seconds nan: …`."""
    lines = []
    for fault in error.errors(include_url=False):
        field = str(fault["loc"][0]) if fault["loc"] else ""
        option = _OPTION.get(field, f"--{field.replace('_', '-')}")
        message = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        lines.append(f"{option} {fault['input']}: it must be {message}." if field else message)
    return [*lines, "See --help for what each option takes."]


def check_output(path: Path, suffixes: tuple[str, ...], what: str, *instead: str) -> Path:
    """`path`, absolute, once it is sure that a file of that kind can be written there. Nothing is made."""
    path = path.expanduser().absolute()
    if path.is_dir():
        raise BadInput(f"-o {path} is a folder.", f"Name the {what}'s file, such as {path / ('name' + suffixes[0])}.")
    if path.suffix.lower() not in suffixes:
        there_is = " or ".join(suffixes)
        other = f", or {instead[0]}" if instead else ""
        raise BadInput(
            f"-o {path.name}: the name of a {what} ends in {there_is}.", f"Use {path.stem or 'film'}{suffixes[0]}{other}."
        )
    check_folder(path.parent)
    return path


def check_folder(folder: Path) -> None:
    """BadInput or StoreError unless `folder` exists and takes new files."""
    if not folder.exists():
        raise BadInput(f"the folder {folder} does not exist.", f"Make it (mkdir -p {folder}), or choose another place with -o.")
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder.", "Choose another place with -o.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(f"the folder {folder} cannot be written.", "Choose another place with -o, or change its permissions.")
