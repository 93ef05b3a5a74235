"""What the README says exists, exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from longvid_core.secrets import KEYS
from longvid_core.settings import Settings, load_settings

NAMED_PACKAGES = [
    "torch", "diffusers", "pydantic", "instructor", "openai", "replicate", "runwayml", "google-genai", "stability-sdk",
    "ffmpeg-python", "numpy", "pillow",
]  # fmt: skip


@pytest.fixture(scope="module", params=["README.md", "CONTRIBUTING.md"])
def page(request: pytest.FixtureRequest, root: Path) -> str:
    return (root / request.param).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[list[str]]:
    """Every `longvid ...` in code, blocks and inline, as arguments."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL))
    called = [re.sub(r"^\.venv/bin/|^\$ ", "", line.strip()) for line in lines]
    return [shlex.split(line, comments=True)[1:] for line in called if re.match(r"longvid\s", line)]


def test_every_command_and_option_exists(page: str) -> None:
    from longvid_core.cli.app import app

    for arguments in commands(page):
        command, path = typer.main.get_command(app), ["longvid"]
        for word in arguments:
            known = getattr(command, "commands", {})
            if word in known:
                command, path = known[word], [*path, word]
            elif re.match(r"--?[a-z]", word):
                options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
                assert word.partition("=")[0] in options | {"--help"}, f"{' '.join(path)} has no option {word}"
            elif known and word.islower():
                raise AssertionError(f"{' '.join(path)} has no command {word}")


def test_the_readme_shows_commands(readme: str) -> None:
    shown = {arguments[0] for arguments in commands(readme) if arguments}
    assert {"make", "plan", "keyframes", "render", "concat", "last-frame", "estimate", "backends", "submit", "schema"} <= shown


def test_every_make_target_exists(page: str, root: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), flags=re.MULTILINE))
    code = "\n".join([*blocks(page, "sh"), *re.findall(r"`([^`\n]+)`", page)])
    assert set(re.findall(r"(?:^|&& )make ([a-z]+)", code, flags=re.MULTILINE)) <= targets


def test_links_and_pictures_are_there(page: str, root: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page):
        name, _, anchor = link.partition("#")
        assert (root / name).exists(), f"nothing is at {link}"
        if anchor and not name:
            headings = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
            assert anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_named_files_are_there(page: str, root: Path) -> None:
    ours = r"`((?:longvid_core|nodes|web|workflows|tests|tools|bench)/[\w./-]*)`"
    for name in re.findall(ours, re.sub(r"```.*?```", "", page, flags=re.DOTALL)):
        if "NAME" not in name:
            assert (root / name).exists(), f"there is no {name}"


def test_the_result_comes_before_everything_else(readme: str) -> None:
    assert readme.index("](docs/") < readme.index("make demo\nmake test") < readme.index("\n## ")


def test_the_pictures_are_light(root: Path) -> None:
    assert sum(file.stat().st_size for file in (root / "docs").iterdir()) < 3_000_000


def test_the_settings_example_is_accepted_whole(readme: str, tmp_path: Path) -> None:
    (example,) = [block for block in blocks(readme, "yaml") if "backend:" in block]
    (tmp_path / "longvid.yaml").write_text(example)
    settings = load_settings(tmp_path / "longvid.yaml")
    assert settings.backend == "animatic" and settings.film.codec == "h264"


def test_every_variable_is_a_setting(readme: str) -> None:
    for name in re.findall(r"`LONGVID_([A-Z_]+)`", readme):
        section, _, field = name.lower().partition("__")
        assert section in Settings.model_fields
        if section == "keys":  # by provider, or by the part of the work that has an address of its own
            assert field in {*KEYS, "planner", "images"}
        elif field:
            assert field in Settings.model_fields[section].annotation.model_fields  # type: ignore[union-attr]


def test_every_node_is_in_the_table_by_its_own_name(readme: str, root: Path) -> None:
    table = readme[readme.index("## Nodes") : readme.index("## Command line")]
    listed = set(re.findall(r"^\| ([^|]+?) \| ", table, flags=re.MULTILINE)) - {"Node", "---"}
    own = {
        name
        for file in (root / "nodes").glob("*.py")
        for name in re.findall(r'display_name="([^"]+)",\n\s+category', file.read_text())
    }
    assert listed == own


def test_every_named_package_is_accounted_for(readme: str) -> None:
    table = readme[readme.index("## What it is built on") :]
    assert [name for name in NAMED_PACKAGES if f"`{name}`" not in table] == []


def test_the_entry_point_example_is_the_plugin_of_the_tests(readme: str, root: Path) -> None:
    (example,) = blocks(readme, "toml")
    declared = next((root / "tests" / "plugin").glob("longvid_moody-*/entry_points.txt"))
    assert declared.read_text().splitlines()[1].replace(" ", "") == example.splitlines()[1].replace(" ", "").replace('"', "")
