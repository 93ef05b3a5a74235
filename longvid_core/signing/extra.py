"""The packages of the extra `sign`, or how to get them."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import MissingTool


def c2pa() -> Any:
    """The C2PA library. MissingTool where it is not installed or does not run on this system."""
    try:
        import c2pa as library
    except (ImportError, OSError, RuntimeError) as error:  # it loads a compiled library, which an old system may refuse
        raise _missing("c2pa-python", error) from error
    return library


def need_cryptography() -> None:
    """MissingTool where the package cryptography is not installed."""
    try:
        importlib.import_module("cryptography.x509")
    except ImportError as error:
        raise _missing("cryptography", error) from error


def _missing(package: str, error: Exception) -> MissingTool:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return MissingTool(
        f"signing needs the package {package}, which cannot be used here ({reason}).", 'Install it: pip install "longvid[sign]"'
    )
