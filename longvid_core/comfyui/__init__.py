"""A ComfyUI of the user's own, started for a replay: what was sampled on its canvas is sampled there again, by the same nodes.

ComfyUI runs in a process of its own and is talked to over its HTTP interface; nothing of it is imported.
"""
