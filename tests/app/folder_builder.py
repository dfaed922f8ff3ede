"""A builder of replays that needs no media, and can be told to fail."""

from pathlib import Path

from app.recordings.builder import BuiltClip, Missing, ReplayFailed, ReplayIndex

CONTENT = bytes(range(256)) * 2000


class FolderBuilder:
    """Makes one clip out of nothing; can be told to fail. Satisfies `ReplayBuilder`."""

    def __init__(self) -> None:
        self.recovered = 0
        self.fails_to: str | None = None
        self.clips = 1
        self.missing: tuple[Missing, ...] = ()

    async def recover(self, folder: Path) -> None:
        self.recovered += 1
        if self.fails_to == "recover":
            raise ReplayFailed("recover: ManifestDamaged")

    async def build(self, folder: Path, out: Path) -> ReplayIndex:
        out.mkdir()
        (out / "0001-hub-camera.mp4").write_bytes(CONTENT)
        if self.fails_to == "build":
            raise ReplayFailed("build: no space")
        clip = BuiltClip(
            seat_id="hub",
            group="camera",
            file="0001-hub-camera.mp4",
            mime='video/mp4; codecs="avc1.42e01f,opus"',
            start_ms=250,
            duration_ms=9_000,
            has_audio=True,
            has_video=True,
            bytes=len(CONTENT),
        )
        return ReplayIndex((clip,) * self.clips, 9_250, self.missing)
