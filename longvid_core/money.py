"""Amounts as people read them. Inside, money is whole micro-dollars."""

from __future__ import annotations


def dollars(low: int, high: int | None = None) -> str:
    """Micro-dollars as a person reads them: `free`, `$1.20`, `$1.20 to $1.60`, `$0.0042`, `$0.065`."""
    if high is None or high == low:
        return "free" if low == 0 else amount(low)
    return f"{amount(low)} to {amount(high)}"


def amount(micro_usd: int) -> str:
    """Micro-dollars, of which none may be left: `$0.00`."""
    if micro_usd >= 1_000_000:
        return f"${micro_usd / 1e6:.2f}"
    whole, _, part = f"{micro_usd / 1e6:.4f}".partition(".")
    return f"${whole}.{part.rstrip('0'):0<2}"
