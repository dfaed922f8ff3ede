"""Which data plane this node uses: the native one, or the reference."""

from media.config import DataPlaneChoice, SfuConfig
from media.dataplane import DataPlane
from media.native_library import NativeUnavailable
from media.native_plane import NativePlane


def new_plane(config: SfuConfig) -> DataPlane:
    """Return the plane the configuration asks for, not yet opened. Raise NativeUnavailable."""
    if config.data_plane is DataPlaneChoice.REFERENCE:
        return DataPlane(config)
    try:
        return NativePlane(config)
    except NativeUnavailable:
        if config.data_plane is DataPlaneChoice.NATIVE:
            raise
        return DataPlane(config)
