"""Finding `longvid_core`: the installed package, else the copy this pack brings."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

NAME = "longvid_core"


def find_core() -> None:
    """Make `import longvid_core` work without adding this pack's folder to `sys.path`.

    The folder holds a package `nodes`, which is also the name of ComfyUI's own module, so it must never be searched.
    """
    if NAME in sys.modules or importlib.util.find_spec(NAME) is not None:
        return
    folder = Path(__file__).resolve().parents[2] / NAME
    spec = importlib.util.spec_from_file_location(NAME, folder / "__init__.py", submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} is missing: the Longvid pack is not whole. Install it again.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[NAME]
        raise
