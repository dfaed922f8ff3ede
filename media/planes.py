"""Which data plane this node uses: the native one, or the reference."""

import logging

from media.config import DataPlaneChoice, SfuConfig
from media.dataplane import DataPlane
from media.native_library import LIBRARY, NativeUnavailable, load
from media.native_plane import NativePlane

log = logging.getLogger(__name__)


def require(choice: DataPlaneChoice) -> None:
    """Raise NativeUnavailable if the native plane is demanded and cannot be had."""
    if choice is DataPlaneChoice.NATIVE:
        load(LIBRARY)


def new_plane(config: SfuConfig) -> DataPlane:
    """Return the plane the configuration asks for, not yet opened. Raise NativeUnavailable."""
    if config.data_plane is DataPlaneChoice.REFERENCE:
        return DataPlane(config)
    try:
        return NativePlane(config)
    except NativeUnavailable as reason:
        if config.data_plane is DataPlaneChoice.NATIVE:
            raise
        log.warning("The reference data plane serves. %s", reason)
        return DataPlane(config)
