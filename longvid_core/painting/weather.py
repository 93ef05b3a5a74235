def paint_weather(scene):
    pass
