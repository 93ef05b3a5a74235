"""Moving pictures on disk: probing, exact frames, encoding, joining. PyAV reads, ffmpeg writes.

Nothing is imported here, so that a module that only copies streams does not pay for one that decodes them.
"""
