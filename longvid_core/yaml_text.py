"""YAML text read safely, and by libyaml where it is there: it is ten times as fast."""

from __future__ import annotations

from typing import Any

import yaml

YamlFault = yaml.YAMLError
"""What text that is not YAML raises."""


def parse_yaml(text: str) -> Any:
    """What a YAML text holds, as plain values; no object is made of it. YamlFault where it is none."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
