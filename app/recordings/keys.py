"""What files of recordings are called: relative to their folder, and in the object store."""

#: In a recording's folder, the one of its replay's clips.
REPLAY = "replay"
PREFIX = "rec/"


def clip_name(file: str) -> str:
    """Return the name of a clip's file, relative to its recording's folder."""
    return f"{REPLAY}/{file}"


def folder_key(folder: str) -> str:
    """Return what all keys of a recording begin with."""
    return f"{PREFIX}{folder}/"


def key_of(folder: str, name: str) -> str:
    """Return the key of a file; both are as the database has them."""
    return f"{folder_key(folder)}{name}"
