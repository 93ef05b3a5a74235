"""The rules of the house that a reader would otherwise have to take on trust."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOST_MODULES = {"comfy", "comfy_api", "comfy_execution", "comfy_extras", "execution", "folder_paths", "nodes", "server"}
HEAVY = [
    "av",
    "numpy",
    "PIL",
    "torch",
    "diffusers",
    "transformers",
    "sqlalchemy",
    "rich",
    "typer",
    "httpx",
    "websockets",
    "ffmpeg",
    "openai",
    "instructor",
]
LIMIT = 400

CORE = sorted((ROOT / "longvid_core").rglob("*.py"))
NODES = sorted(p for p in (ROOT / "nodes").glob("*.py") if p.name not in ("__init__.py", "extension.py"))
SOURCES = [ROOT / "__init__.py", *CORE, *sorted((ROOT / "nodes").rglob("*.py")), *sorted((ROOT / "tools").glob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> Iterator[str]:
    """The top names of everything a module imports from outside its own package, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_knows_no_host(path: Path) -> None:
    found = set(imported(ast.parse(path.read_text(encoding="utf-8"))))
    assert not found & HOST_MODULES


@pytest.mark.parametrize("path", NODES, ids=name_of)
def test_a_node_holds_no_logic(path: Path) -> None:
    """Loops, branches and handlers belong to the core, or to `nodes/host` where they are about ComfyUI."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert "execute" in {f.name for f in functions}
    logic = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.IfExp, ast.Try, ast.Match, ast.comprehension)
    found = [f"{f.name}: {ast.unparse(n)}" for f in functions for n in ast.walk(f) if isinstance(n, logic)]
    assert not found


def test_only_one_module_imports_comfyuis_node_api() -> None:
    users = [p for p in SOURCES if "comfy_api" in set(imported(ast.parse(p.read_text(encoding="utf-8"))))]
    assert [name_of(p) for p in users] == ["nodes/host/api.py"]


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=name_of)
def test_files_are_short_enough_to_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LIMIT


@pytest.mark.parametrize("path", [p for p in CORE if p.parent.name in ("media", "painting", "planning")], ids=name_of)
def test_what_plans_paints_and_joins_silences_no_check(path: Path) -> None:
    """A type that had to be ignored there was a type that could be said."""
    found = [line for line in path.read_text(encoding="utf-8").splitlines() if "# type: ignore" in line or "# noqa" in line]
    assert not found


def loaded_by(statement: str) -> set[str]:
    """The heavy modules that a fresh interpreter has loaded after `statement`."""
    code = f"import sys\n{statement}\nprint(*sorted(set({HEAVY}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_pack_loads_nothing() -> None:
    statement = (
        "import importlib.util as u\n"
        f"spec = u.spec_from_file_location('longvid_pack', {str(ROOT / '__init__.py')!r}, submodule_search_locations=[])\n"
        "module = u.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "assert module.WEB_DIRECTORY and 'longvid_core' not in sys.modules"
    )
    assert loaded_by(statement) == set()


@pytest.mark.parametrize(
    "module",
    ["longvid_core.models", "longvid_core.catalog", "longvid_core.seeds", "longvid_core.events", "longvid_core.planfile"],
)
def test_what_nodes_import_at_the_top_is_light(module: str) -> None:
    assert loaded_by(f"import {module}") == set()
