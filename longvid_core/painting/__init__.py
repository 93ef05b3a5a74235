"""The house painter: storyboard cards painted from a prompt's words, and the layers an animatic moves through.

Only numpy and Pillow; nothing here reads the clock, the network or an unseeded random number.
"""

PIXEL_VERSION = 2
"""Raised whenever the same recipe would give other pixels; part of the fingerprint of cards and animatics."""
