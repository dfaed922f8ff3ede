"""Manifests of recordings that are being played, read on as they grow."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import structlog

from app.recordings.errors import RecordingDamaged
from media.recorder.manifest import EpochRecord, ManifestDamaged, ManifestReader, PartRecord

MOST_KEPT = 64

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says now."""

    parts: list[PartRecord]
    epochs: list[EpochRecord]


class Manifests:
    """Reads manifests; one that was read before is read on from there, off the event loop."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._readers: OrderedDict[str, tuple[ManifestReader, Lock]] = OrderedDict()

    async def read(self, folder: str) -> Manifest:
        """Return what the manifest in `folder` says; nothing if there is none.

        Raise OSError, or RecordingDamaged.
        """
        if folder not in self._readers:
            self._readers[folder] = ManifestReader(self._root / folder), Lock()
        self._readers.move_to_end(folder)
        if len(self._readers) > MOST_KEPT:
            self._readers.popitem(last=False)
        try:
            return await asyncio.to_thread(_read, *self._readers[folder])
        except ManifestDamaged as error:
            log.error("manifest_damaged", folder=folder, error=str(error))
            raise RecordingDamaged(
                "The list of its parts cannot be read. Tell who runs the server; its log says more."
            ) from error


def _read(reader: ManifestReader, lock: Lock) -> Manifest:
    with lock:
        reader.read()
        return Manifest(reader.parts, reader.epochs)
