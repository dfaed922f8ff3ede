"""What can go wrong with an object store. None is for a browser: jobs decide by them."""


class StoreError(Exception):
    """Anything the store did not do. `str()` of it is a short reason, without any secret."""


class StoreAway(StoreError):
    """Nothing can be stored or read now, whatever is asked: not reached, broken, or not ours.

    403 is among them: a key that was changed or a right that was taken away stops all requests,
    and is mended by whoever looks after the store, not by giving up on a file.
    """


class RequestRefused(StoreError):
    """The store refuses this one request; others may go well."""


class ObjectMissing(StoreError):
    """There is no such object."""


class UploadForgotten(StoreError):
    """The store knows no such upload (any more): its pieces are lost and it must be begun again."""


class ObjectChanged(StoreError):
    """What the store has is not what was sent."""
