"""Video models that run on this machine through diffusers. `providers/wan.py` and `providers/framepack.py` use it.

What is imported here at the top is light: torch and diffusers are loaded when something is sampled, not when a key is
computed or a plan is checked.
"""
