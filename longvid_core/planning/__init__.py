"""Prompt in, plan out. `offline` needs no network; both planners answer the same brief."""
