"""The ComfyUI edge: one file per node. Parse inputs, call the core, wrap outputs; no logic."""
