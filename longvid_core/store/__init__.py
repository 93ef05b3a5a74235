"""Where everything lives: content-addressed files and a SQL ledger."""

from .files import Store

__all__ = ["Store"]
