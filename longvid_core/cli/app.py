"""The `longvid` command and its subcommands. A new command is one file with a function `register`, named here."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ..errors import Interrupted
from . import (
    approve,
    backends,
    bundle,
    cast,
    clips,
    diff,
    estimate,
    export,
    failures,
    film,
    jobs,
    replay,
    schema,
    seeds,
    signing,
    spend,
    stages,
    submit,
)


def _version(asked: bool) -> None:
    if asked:
        from .. import __version__

        print(f"longvid {__version__}")
        raise typer.Exit


class _Commands(TyperGroup):
    """Tells our own entry point of a Ctrl-C and a broken pipe; typer's way would be exit codes of its own."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise Interrupted("stopped.") from stop
        except BrokenPipeError as gone:
            raise failures.ReaderGone from gone


app = typer.Typer(
    cls=_Commands,
    help="One long prompt in, one long, coherent film out. Every film comes with the manifest that makes it again.",
    epilog="Exit codes: 0 done, 1 a check did not hold, 2 bad input, 3 a provider failed, 4 over budget, 5 interrupted.",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _longvid(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of whatever goes wrong.")] = False,
) -> None:
    """Options that come before the command's name. `--debug` is read by `entry.main` itself."""


for group in (
    film,
    stages,
    cast,
    clips,
    estimate,
    backends,
    jobs,
    spend,
    seeds,
    approve,
    replay,
    diff,
    bundle,
    export,
    signing,
    submit,
    schema,
):
    group.register(app)
