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


_WHOLE = 200
"""Letters of a command's first sentence that are shown: more than any has."""


class _Commands(TyperGroup):
    """Tells our own entry point of a Ctrl-C and a broken pipe, for which typer has exit codes of its own."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Plain, as `longvid --help` must answer at once; the panels that each command's own help has take 0.15 s to load."""
        super(TyperGroup, self).format_help(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each command with the first sentence of its help, whole."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(_WHOLE)) for name, one in self.commands.items()])

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
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
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
