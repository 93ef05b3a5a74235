"""Where everything lives: content-addressed files and a SQL ledger."""

from .home import Store

__all__ = ["Store"]
