"""`longvid jobs`: the store's runs, and going on with one."""

from __future__ import annotations

import datetime
import os
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import Config, Json

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

jobs = typer.Typer(help="List this store's runs, and go on with one.")
_STYLES = {"done": "green", "failed": "red", "interrupted": "yellow", "killed": "yellow", "running": "cyan"}


@jobs.callback(invoke_without_command=True)
def overview(context: typer.Context, as_json: Json = False, config: Config = None) -> None:
    """List this store's runs, and go on with one. Without a subcommand: the list."""
    if context.invoked_subcommand is None:
        _list(20, as_json, config)


@jobs.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10000, help="The newest N.")] = 20,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """List the newest runs: state, segments, command."""
    _list(limit, as_json, config)


@jobs.command()
def resume(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run's id (default: the newest that did not end well).")
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Run a run's command again, in its folder. What it had finished is not rendered twice."""
    from ..errors import BadInput, UnknownName
    from .entry import main

    known = _runs(1000, config)
    if run is None:
        found = next((r for r in known if r["state"] not in ("done", "running")), None)
        if found is None:
            raise BadInput(
                "there is no run to go on with: every one ended well or is still at work.", "`longvid jobs` lists them."
            )
    else:
        found = next((r for r in known if r["id"] == run), None)
        if found is None:
            raise UnknownName(f"there is no run {run!r} in this store.", "`longvid jobs` lists them.")
    words = shlex.split(found["command"])
    if not words or words[0] != "longvid":
        raise BadInput(f"run {found['id']} was not started from the command line.", "Queue its workflow again.")
    try:
        os.chdir(found["folder"])
    except OSError as error:
        raise BadInput(
            f"the folder {found['folder']} of run {found['id']} is gone.",
            "Make it again, or run the command elsewhere: " + found["command"],
        ) from error
    args = words[1:]
    if as_json and "--json" not in args:
        args.append("--json")
    return main(args)


def _list(limit: int, as_json: bool, config: Path | None) -> None:
    from .reporting import reporter

    found = _runs(limit, config)
    shown = [
        {**r, "started": r["started"].isoformat(), "finished": r["finished"].isoformat() if r["finished"] else None}
        for r in found
    ]
    reporter(as_json).show(_table(found) if found else "no runs yet", {"event": "done", "runs": shown})


def _runs(limit: int, config: Path | None) -> list[dict[str, Any]]:
    """The newest runs. One that says `running` while no process holds its scratch folder was killed."""
    from filelock import FileLock, Timeout

    from ..settings import load_settings
    from ..store.ledger import Ledger, ledger_url

    settings = load_settings(config)
    home = settings.store_home
    if settings.ledger_url is None and not (home / "ledger.db").is_file():
        return []
    ledger = Ledger(settings.ledger_url or ledger_url(home))
    try:
        found = ledger.runs(limit)
    finally:
        ledger.close()
    for run in found:
        for name in ("started", "finished"):  # SQLite forgets the zone; the ledger writes UTC
            if run[name] is not None and run[name].tzinfo is None:
                run[name] = run[name].replace(tzinfo=datetime.timezone.utc)
        lock = home / "scratch" / f"{run['id']}.lock"
        if run["state"] == "running":
            try:
                if lock.exists():
                    FileLock(lock).acquire(timeout=0).lock.release()
                run["state"] = "killed"
            except Timeout:
                pass  # held: it is at work
    return found


def _table(found: list[dict[str, Any]]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    from .failures import clean

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", expand=True)
    for name in ("run", "state", "started", "segments"):
        table.add_column(name, no_wrap=name != "segments")
    table.add_column("command", overflow="ellipsis", no_wrap=True, ratio=1)
    for run in found:
        segments = ", ".join(f"{count} {outcome}" for outcome, count in sorted(run["outcomes"].items())) or "-"
        style = _STYLES.get(run["state"], "")
        started = run["started"].astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(run["id"], Text(run["state"], style=style), started, segments, clean(" ".join(run["command"].split())))
    return table


def register(app: typer.Typer) -> None:
    app.add_typer(jobs, name="jobs")
