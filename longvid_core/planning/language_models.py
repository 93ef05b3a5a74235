"""What is known of language models and of the servers that run them: dated data, no code that branches on a name."""

from __future__ import annotations

import datetime
import functools
import math
from fractions import Fraction
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from ..access import is_own
from ..models.base import Frozen
from ..yaml_text import parse_yaml

HOSTED = "https://api.openai.com/v1"
Mode = Literal["tools", "json_schema", "json", "md_json"]


class TokenPrice(Frozen):
    """US dollars for a million tokens, who says so, and when it was looked up."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    evidence: Literal["documentation", "third-party"]
    checked: datetime.date


class LongRequests(Frozen):
    """A request with more than `above` tokens is charged by these factors."""

    above: int
    input: float
    output: float


class LanguageModel(Frozen):
    """One model. `context`: tokens of question and answer together; `answer`: of the answer alone."""

    context: int | None = None
    answer: int | None = None
    temperature: bool = True
    seed: bool = True
    price: TokenPrice | None = None
    long: LongRequests | None = None
    source: str = ""

    def cost(self, tokens_in: int, tokens_out: int) -> int | None:
        """Micro-dollars for one request; None where the price is not known."""
        if self.price is None:
            return None
        dear = self.long if self.long is not None and tokens_in > self.long.above else None
        bill = tokens_in * Fraction(str(self.price.input)) * Fraction(str(dear.input if dear else 1))
        bill += tokens_out * Fraction(str(self.price.output)) * Fraction(str(dear.output if dear else 1))
        return math.ceil(bill)


class Server(Frozen):
    """A kind of server. `modes`: the ways it takes the form of an answer, the surest first."""

    host: str | None = None
    port: int | None = None
    modes: tuple[Mode, ...]


class _Known(Frozen):
    models: dict[str, LanguageModel]
    servers: dict[str, Server]


@functools.cache
def known() -> _Known:
    """Everything in language_models.yaml."""
    file = Path(__file__).with_name("language_models.yaml")
    return _Known.model_validate(parse_yaml(file.read_text(encoding="utf-8")))


def language_model(name: str, base_url: str, context: int | None) -> LanguageModel:
    """What is known of a model at an address; `context` from the settings wins. Somebody else's server has its own prices."""
    found = known().models.get(name, LanguageModel()) if is_hosted(base_url) else LanguageModel()
    if is_own(base_url):
        free = TokenPrice(input=0, output=0, evidence="documentation", checked=datetime.date(2026, 11, 20))
        found = found.model_copy(update={"price": free})
    return found.model_copy(update={"context": context}) if context is not None else found


def modes_of(base_url: str) -> tuple[Mode, ...]:
    """The modes to try at an address, in this order."""
    address, servers = urlsplit(base_url), known().servers
    for server in servers.values():
        if server.host is not None and server.host == address.hostname:
            return server.modes
        if server.port is not None and server.port == address.port and is_own(base_url):
            return server.modes
    return servers["other"].modes


def is_hosted(base_url: str) -> bool:
    """Whether this is OpenAI's own address."""
    return urlsplit(base_url).hostname == known().servers["openai"].host


def price_shown(micro_usd: int | None) -> str:
    """A cost as people read it."""
    return "price not known" if micro_usd is None else f"${micro_usd / 1e6:.4f}" if micro_usd else "free"


def tokens_in(text: str) -> int:
    """About how many tokens a text is: four ASCII characters each, other scripts one and a half characters each."""
    plain = sum(char.isascii() for char in text)
    return math.ceil(plain / 4 + (len(text) - plain) / 1.5)
