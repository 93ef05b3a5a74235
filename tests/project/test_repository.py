"""The repository: no secret, no machine's path, no registry's address in it, and one way to test it."""

from __future__ import annotations

import re
from pathlib import Path

# Built from parts, so that this file passes its own test.
SECRETS = {
    "an OpenAI key": r"\bsk-(?:proj-)?[A-Za-z0-9]{32,}",
    "a Replicate token": r"\br8_[A-Za-z0-9]{36,}",
    "a Google key": r"\bAIza[A-Za-z0-9_-]{35}",
    "a Runway key": r"\bkey_[0-9a-f]{64,}",
    "a cloud key": r"\bAKIA[A-Z0-9]{16}\b",
    "a private key": "-----BEGIN (?:[A-Z]+ )?PRIVATE" + " KEY-----",
}
HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("anaconda", "org"))]
MACHINE_PATHS = [r"/home/[a-z]", "/Us" + "ers/[A-Za-z]", "/ro" + r"ot\b", "/wo" + "rk/", r"[A-Z]:\\Users"]


def found(patterns: dict[str, str], texts: dict[str, str]) -> list[str]:
    """Where any of the patterns stands."""
    return [
        f"{name}:{text[: match.start()].count(chr(10)) + 1}: {what}: {match[0]}"
        for name, text in texts.items()
        for what, pattern in patterns.items()
        for match in re.finditer(pattern, text)
    ]


def test_no_secret_is_in_the_repository(texts: dict[str, str]) -> None:
    assert found(SECRETS, texts) == []


def test_the_patterns_find_what_they_are_for() -> None:
    planted = {"a": "token = 'r8_" + "a1" * 18 + "'", "b": "-----BEGIN RSA PRIVATE" + " KEY-----"}
    assert len(found(SECRETS, planted)) == 2


def test_no_package_registry_is_named(texts: dict[str, str]) -> None:
    assert found({"a registry": "|".join(re.escape(host) for host in HOSTS)}, texts) == []


def test_no_machines_path_is_named(texts: dict[str, str]) -> None:
    assert found({"a path": "|".join(MACHINE_PATHS)}, texts) == []


def test_the_pins_are_versions_alone(root: Path) -> None:
    lines = (root / "tools" / "constraints.txt").read_text().splitlines()
    pin = re.compile(r'[a-z0-9]+(-[a-z0-9]+)*==[0-9][0-9a-z.]*( ; python_version >= "3\.\d+")?')
    assert [line for line in lines[1:] if not pin.fullmatch(line)] == []
    assert len(lines) > 100


def test_the_host_is_pinned_by_its_hash(root: Path) -> None:
    pins = [line for line in (root / "tools" / "comfyui.txt").read_text().splitlines() if not line.startswith("#")]
    assert len(pins) == 1
    assert re.fullmatch(r"\S+==\S+ --hash=sha256:[0-9a-f]{64}", pins[0])


def test_continuous_integration_runs_exactly_make_test(root: Path) -> None:
    script = root / ".ci" / "run"
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert commands == ['cd "$(dirname "$0")/.." && exec make test']
    assert script.stat().st_mode & 0o111


def test_nothing_is_skipped(texts: dict[str, str]) -> None:
    """A test that cannot run must fail and say why."""
    words = r"pytest\.(skip|xfail|importorskip)\b|mark\.(skip|skipif|xfail)\b"
    tests = {
        name: text for name, text in texts.items() if name.startswith("tests/") and name != "tests/project/test_repository.py"
    }
    assert found({"a skipped test": words}, tests) == []


def test_files_are_short_enough_to_read(texts: dict[str, str]) -> None:
    long = {name: lines for name, text in texts.items() if name.endswith(".py") and (lines := text.count("\n")) > 400}
    assert long == {}
