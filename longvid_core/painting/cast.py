def paint_cast(scene):
    pass
