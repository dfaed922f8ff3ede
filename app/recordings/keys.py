"""What the object store calls files of recordings."""

PREFIX = "rec/"


def folder_key(folder: str) -> str:
    """Return what all keys of a recording begin with."""
    return f"{PREFIX}{folder}/"


def key_of(folder: str, name: str) -> str:
    """Return the key of a file; both are as the database has them."""
    return f"{folder_key(folder)}{name}"
