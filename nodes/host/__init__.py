"""The adapter between ComfyUI and the core: types, session, progress, folders, pictures. Only `nodes/` imports ComfyUI."""
