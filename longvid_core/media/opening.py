"""Opening video files for reading, and refusing what is none, with a message that says which file and why."""

from __future__ import annotations

from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition

from ..errors import Unreadable
from .boxes import check_file, truncation

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,gif,apng,flv,nut,asf,ogg,mxf,dv,yuv4mpegpipe,"
    "h264,hevc,ivf,obu,m4v,webp_anim,av1"
)
"""Demuxers a clip may use. Playlists (concat, hls, dash) would open other files, pictures and text are no clips."""

_REMEDY = "Give a video file (MP4, MOV, MKV, WebM, AVI …) that plays to its end."


def open_video(path: str | Path) -> InputContainer:
    """The file, opened by libavformat for reading. Unreadable when it is missing, empty or no video."""
    path = Path(path)
    check_file(path)
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "enable_drefs": "0"}
    try:
        container = av.open("file:" + str(path.absolute()), mode="r", options=options, metadata_errors="replace")
    except av.FFmpegError as error:
        cut = truncation(path)
        why = f"{cut}, and its index is lost with the rest" if cut else _kind_of(path)
        raise Unreadable(f"{path} {why}.", _REMEDY) from error
    if not container.streams.video:
        container.close()
        raise Unreadable(f"{path} holds no video.", _REMEDY)
    return container


def video_stream(container: InputContainer, path: str | Path) -> av.VideoStream:
    """The first video stream that is no cover picture and has a decoder. Unreadable when there is none."""
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            continue
        if stream.codec_context is None:
            raise Unreadable(f"{path} holds video that this build of libav cannot decode.", "Convert it to H.264 or FFV1.")
        return stream
    raise Unreadable(f"{path} holds no video, only a cover picture.", _REMEDY)


def audio_stream(container: InputContainer) -> av.AudioStream | None:
    """The first sound stream that can be decoded, or None."""
    return next((s for s in container.streams.audio if s.codec_context is not None), None)


def _kind_of(path: Path) -> str:
    with open(path, "rb") as file:
        head = file.read(512)
    if head[:8] == b"\x89PNG\r\n\x1a\n" or head[:3] == b"\xff\xd8\xff" or head[8:12] == b"WEBP":
        return "is a picture, not a video"
    if b"\0" not in head and not any(byte < 9 for byte in head):
        return "is a text file, not a video"
    return "is not a video that can be read"
