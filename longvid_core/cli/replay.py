"""`longvid replay`: a film made again from its manifest alone, or checked against it."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options as o
from . import runs
from .brief import backend_named, check_output

if TYPE_CHECKING:
    from ..catalog import Backend
    from ..events import Event
    from ..manifest.bundle import OpenBundle
    from ..manifest.findings import Replayed
    from ..manifest.repeatable import Repeat
    from ..models.manifest import Manifest, PictureRecord, SegmentRecord
    from ..render.session import Session
    from ..settings import Settings
    from .reporting import Reporter


def replay(
    path: Annotated[
        Path, typer.Argument(metavar="MANIFEST|BUNDLE", help="A film's manifest, the film it stands beside, or a bundle.")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Render nothing: verify files, hashes, frames, signatures, references and models.")
    ] = False,
    segments: Annotated[
        str | None, typer.Option("--segments", metavar="N,N", help="Only these: indexes as in the plan (the first is 0), or ids.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FOLDER", help="Put the new film and its manifest there.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page, too: frames side by side, and their difference.")
    ] = None,
    backend: Annotated[
        str | None,
        o.option(None, "--backend", metavar="NAME:MODEL", help="Where a model of your own lies: wan:FOLDER."),
    ] = None,
    comfyui: Annotated[
        Path | None,
        o.option(None, "--comfyui", metavar="FOLDER", help="The ComfyUI that samples again what its canvas did (COMFYUI_PATH)."),
    ] = None,
    budget: o.Budget = None,
    config: o.Config = None,
    as_json: o.Json = False,
) -> int:
    """Make a film again from its manifest alone, and say whether the same comes out.

    It renders in a place of its own: pictures come from the store or the bundle, clips never do. What cannot be repeated is said
    before anything is rendered; models that cost money need --budget. Exit code 0: what the manifest promises was kept; 1: it was
    not, or something could not be repeated.
    """
    from ..settings import load_settings

    if check:
        _refuse({"--segments": segments, "-o": output, "--html": html, "--budget": budget})
    settings = load_settings(config)
    if comfyui is not None:
        settings = settings.model_copy(update={"comfyui": settings.comfyui.model_copy(update={"path": comfyui})})
    page = check_output(html, (".html", ".htm"), "page") if html else None
    named = backend_named(backend, "video", "--backend") if backend else None
    with _opened(path) as film:
        if check:
            return _check(film, settings, named, as_json)
        return _replay(film, settings, named, segments, output, page, runs.budget_of(budget, settings), as_json)


@dataclass(frozen=True)
class _Film:
    """What was named: its manifest, the JSON that it is, the film's file and the bundle, where they are there.

    home: the folder of what was named. name: of the film made again, without its ending: the manifest's, or the bundle's.
    """

    home: Path
    name: str
    manifest: Manifest
    value: dict[str, Any]
    path: Path
    file: Path | None
    bundle: OpenBundle | None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[_Film]:
    from ..approval import MANIFEST_ENDING
    from ..manifest.bundle import is_bundle, opened_bundle
    from ..manifest.load import parse_manifest, read_value
    from ..manifest.sides import film_beside, manifest_of

    with contextlib.ExitStack() as stack:
        bundle = stack.enter_context(opened_bundle(path)) if is_bundle(path) else None
        file = bundle.manifest if bundle else manifest_of(path)
        film = None if bundle else path if path != file and path.is_file() else film_beside(file)
        value = read_value(file)
        name = path.stem if bundle else file.name.removesuffix(MANIFEST_ENDING).removesuffix(".json")
        yield _Film(path.absolute().parent, name, parse_manifest(value, str(path)), value, file, film, bundle)


def _pictures(film: _Film, session: Session) -> Callable[[PictureRecord], Path | None]:
    """Finds a picture in the bundle, else in the store. Each is looked for once."""
    from ..manifest.references import StoredPictures

    stored = StoredPictures(session.store)
    known: dict[str, Path | None] = {}

    def find(picture: PictureRecord) -> Path | None:
        pixels = picture.pixels_sha256
        if pixels not in known:
            bundled = film.bundle.picture(pixels) if film.bundle else None
            found = None if bundled else stored.find(picture)
            known[pixels] = bundled or (found[1] if found else None)
        return known[pixels]

    return find


def _refuse(given: dict[str, object]) -> None:
    from ..errors import BadInput

    if wrong := [name for name, value in given.items() if value is not None]:
        raise BadInput(f"{', '.join(wrong)} cannot go with --check, which renders nothing.", "Check first, then replay.")


# -- checking ------------------------------------------------------------------------------------------------------------------


def _check(film: _Film, settings: Settings, named: Backend | None, as_json: bool) -> int:
    from ..manifest.recheck import check, stored_clip
    from ..manifest.restored import settings_of
    from .replay_view import findings

    with runs.run(settings_of(film.manifest, settings), as_json, command=None) as (session, out):
        found = check(
            film.manifest,
            film.value,
            session,
            _pictures(film, session),
            _either(film, stored_clip(session)),
            path=film.path,
            film=film.file,
            named=named,
        )
        out.close()
        out.show(findings(found), {"event": "done", "holds": found.holds, **found.json_value()})
    return 0 if found.holds else 1


def _either(film: _Film, stored: Callable[[SegmentRecord], Path | None]) -> Callable[[SegmentRecord], Path | None]:
    """Finds a segment's first clip in the bundle, else in the store."""

    def find(record: SegmentRecord) -> Path | None:
        bundled = film.bundle.clip(record.clip.sha256) if film.bundle and record.clip else None
        return bundled or stored(record)

    return find


# -- replaying -----------------------------------------------------------------------------------------------------------------


def _replay(
    film: _Film,
    settings: Settings,
    named: Backend | None,
    segments: str | None,
    output: Path | None,
    page: Path | None,
    limit: float | None,
    as_json: bool,
) -> int:
    from ..canonical import sha256_of
    from ..events import Notice
    from ..manifest.build import manifest_sha256
    from ..manifest.repeatable import prepare, unconfirmed
    from ..manifest.replay import chosen, costs
    from ..manifest.restored import settings_of
    from ..render.selection import chosen_segments
    from ..render.session import open_session
    from .replay_view import table

    manifest = film.manifest
    only = chosen_segments(manifest.plan, segments)["only"] if segments is not None else None
    wanted = frozenset(range(len(manifest.plan.segments))) if only is None else only
    restored = settings_of(manifest, settings)
    target = _target(output, film) if output is not None else None
    with runs.run(restored, as_json, command=None) as (looked, out):
        pictures = _pictures(film, looked)
        prepared = prepare(manifest, looked, pictures, named)
        repeat, render = chosen(prepared, wanted, pictures)
        if lacking := runs.wait(unconfirmed(repeat, render)):
            prepared = dataclasses.replace(prepared, impossible={**prepared.impossible, **lacking})
            repeat, render = chosen(prepared, wanted, pictures)
        environment = _foretold(repeat, wanted, looked)
        remote = any(repeat.backends[s.id].entry.remote for s in repeat.plan.segments if s.index in render)
        if remote:
            _agree(costs(repeat, render), limit, out)
        kept = sha256_of({"manifest": manifest_sha256(film.value), "wanted": sorted(wanted)})[:16]  # by this command alone
        with _place(restored, output, looked.store.replays / f"replay-{kept}" if remote else None) as fresh:
            emit = _without_previews(out)
            with open_session(fresh, command=runs.command_line(), emit=emit, interrupted=looked.interrupted) as session:
                session.budget_micro_usd = round(1e6 * limit) if remote and limit is not None else None
                session.store.hashes = looked.store.hashes  # weights are read once, wherever they are used
                found = _again(film, repeat, render, wanted, environment, looked, session, target, page)
            if remote and found.failed:
                looked.emit(Notice(message="What was bought is kept: the same command goes on from there."))
            elif remote:
                shutil.rmtree(fresh.store_home, ignore_errors=True)
    out.show(table(found), _value(found, target, page))
    return 3 if found.failed else 0 if found.holds else 1


def _without_previews(out: Reporter) -> Callable[[Event], None]:
    """What the run tells, without the files that go when it ends."""

    def emit(event: Event) -> None:
        if event.event != "preview":
            out.emit(event)

    return emit


def _target(folder: Path, film: _Film) -> Path:
    """The new film's file. BadInput where that, or its manifest, is the first one, or may be that of a bundle, or is signed."""
    from ..approval import signature_beside
    from ..errors import BadInput
    from ..files import writing
    from ..manifest.build import manifest_path
    from ..render.film import SUFFIXES

    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    options = film.manifest.film.options
    suffix = SUFFIXES[options.codec] if options else film.file.suffix if film.file else ".mp4"
    target = folder / f"{film.name}{suffix}"
    for new, first, what in ((target, film.file, "film"), (manifest_path(target), film.path, "manifest")):
        if first is not None and new.exists() and new.samefile(first):
            raise BadInput(f"-o {folder}: the {what} itself lies there.", "Name another folder.")
    if film.bundle is not None and target.exists() and folder.samefile(film.home):
        raise BadInput(f"-o {folder}: {target.name} lies there, beside its bundle.", "Name another folder.")
    if signature_beside(manifest_path(target)).exists():
        raise BadInput(f"-o {folder}: {target.name} there is signed, and the new film would not be.", "Name another folder.")
    return target


def _foretold(repeat: Repeat, wanted: frozenset[int], session: Session) -> tuple[str, ...]:
    """Say what is otherwise here, what may differ and what cannot be repeated, before anything is rendered. Gives the first."""
    from ..events import Notice
    from ..manifest.environment import changes, environment

    found = tuple(changes(repeat.manifest.environment, environment(session.store.hashes.sha256)))
    if found:
        session.emit(Notice(message=f"other versions here than there: {'; '.join(found)}"))
    for caution in repeat.cautions:
        session.emit(Notice(level="warning", message=caution))
    for segment in repeat.plan.segments:
        if segment.index in wanted and segment.id in repeat.impossible:
            why = repeat.impossible[segment.id].rstrip(".")
            session.emit(Notice(level="warning", message=f"segment {segment.index} ({segment.id}) cannot be repeated: {why}."))
    return found


def _agree(costs: Any, limit: float | None, out: Reporter) -> None:
    from ..errors import BadInput
    from ..estimate import check_budget

    out.estimate(costs, True)
    if limit is None:
        amount = f"about ${costs.high_micro_usd / 1e6:.2f}" if not costs.unpriced else "an amount nobody wrote down"
        raise BadInput(f"this replay is rendered far away, for {amount}.", "Say what it may cost: --budget USD.")
    check_budget(costs, limit)


@contextlib.contextmanager
def _place(settings: Settings, output: Path | None, home: Path | None) -> Iterator[Settings]:
    """Settings for a run on a fresh store, which goes when the block ends.

    What was bought must outlive an interruption, and the failure of another segment: then the store stands at `home`, where the
    same replay finds it again, for the caller to remove when all is done, and its jobs are in the user's own ledger.
    """
    from ..errors import Interrupted
    from ..files import temporary_folder, work_folder, writing
    from ..store.ledger import ledger_url

    if home is None:
        with work_folder(output) if output is not None else temporary_folder() as folder:
            try:
                yield settings.model_copy(update={"home": folder / "store", "ledger_url": None})
            except Interrupted as error:
                raise Interrupted(f"replaying: {error.what}", "Nothing of it is kept: run it again to do it over.") from error
        return
    with writing(home):
        home.mkdir(parents=True, exist_ok=True)
    ledger = settings.ledger_url or ledger_url(settings.store_home)
    yield settings.model_copy(update={"home": home, "ledger_url": ledger})


def _again(
    film: _Film,
    repeat: Repeat,
    render: frozenset[int],
    wanted: frozenset[int],
    environment: tuple[str, ...],
    looked: Session,
    session: Session,
    target: Path | None,
    page: Path | None,
) -> Replayed:
    """Render, join, compare, and write what is to be written."""
    from ..events import Notice
    from ..manifest import replay as core
    from ..manifest.build import manifest_path, manifest_sha256, write_manifest
    from ..render.film import export_film

    manifest = film.manifest
    originals = core.Originals(clip=_whole_clip(film, looked), film=film.file)
    ssim = importlib.util.find_spec("skimage") is not None
    plan, outcomes = runs.wait(core.rendered_again(repeat, render, session))
    by_id = {outcome.id: outcome for outcome in outcomes}
    records = [record for record in manifest.segments if record.index in wanted]
    segments = tuple(
        core.segment_again(record, by_id[record.id], originals, ssim=ssim)
        if record.id in by_id
        else core.not_repeated(record, repeat.impossible.get(record.id, "it was not rendered"))
        for record in records
    )
    again = None
    release = runs.wait(core.film_again(manifest, plan, outcomes, session)) if len(wanted) == len(manifest.segments) else None
    if release is not None:
        again, segments = core.whole_film_again(
            manifest, release, segments, originals, ssim=ssim, interrupted=session.interrupted
        )
        if target is not None:
            exported = export_film(release, target)
            write_manifest(exported, manifest_path(target), session.store.hashes.sha256)
            again = again.model_copy(update={"path": str(target)})
    elif target is not None:
        said = f"there is no film to put into {target.parent}: only a part of it was made again."
        looked.emit(Notice(level="warning", message=said))
    found = core.replayed(
        repeat,
        manifest_sha256(film.value),
        environment,
        core.keyframes_again(repeat, plan),
        segments,
        again,
        session.spent_micro_usd,
    )
    if page is not None:
        from .replay_page import save_page

        save_page(found, manifest, outcomes, originals, Path(release.film.path) if release else None, page)
    return found


def _whole_clip(film: _Film, session: Session) -> Callable[[SegmentRecord], Path | None]:
    """Finds a segment's first clip where it is, in the bundle or the store, to the byte the one that was made."""
    from ..files import sha256_file
    from ..manifest.recheck import stored_clip

    either = _either(film, stored_clip(session))

    def find(record: SegmentRecord) -> Path | None:
        path = either(record)
        return path if path is not None and record.clip is not None and sha256_file(path) == record.clip.sha256 else None

    return find


def _value(found: Replayed, target: Path | None, page: Path | None) -> dict[str, Any]:
    from ..manifest.build import manifest_path

    film = found.film.path if found.film else None
    return {
        **found.json_value(),
        "event": "done",
        "holds": found.holds,
        "film": film,
        "manifest": str(manifest_path(target)) if target is not None and film else None,
        "film_again": found.film.json_value() if found.film else None,
        "page": str(page) if page else None,
    }


def register(app: typer.Typer) -> None:
    app.command()(replay)
