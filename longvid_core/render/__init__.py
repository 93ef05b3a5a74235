"""The executors: keyframes, clips, film. Each takes a value, returns a value, and tells the world through events."""
