"""The client and a real server: objects go there and come back, and what fails says how."""

import hashlib
from collections.abc import AsyncIterator

import pytest

from app.store.client import ObjectStore, StoredObject
from app.store.errors import ObjectMissing, RequestRefused, StoreAway, UploadForgotten
from tests.app.store.servers import Line, S3Server, noise

KEY = "rec/2026-11/lesson/1-000001.mp4"
BODY = noise(700_000)
HASH = hashlib.sha256(BODY).hexdigest()


async def all_of(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_object_goes_there_and_comes_back(store: ObjectStore, server: S3Server) -> None:
    assert await store.look(KEY) is None
    await store.put(KEY, BODY, HASH)
    assert server.objects() == {KEY: BODY}
    assert await store.look(KEY) == StoredObject(KEY, len(BODY))
    assert await all_of(store.read(KEY, 0, len(BODY) - 1)) == BODY
    assert await all_of(store.read(KEY, 300_000, 600_001)) == BODY[300_000:600_002]
    assert await store.sha256(KEY, len(BODY)) == HASH
    await store.delete(KEY)
    await store.delete(KEY)
    assert server.objects() == {}


async def test_pieces_become_an_object(store: ObjectStore, server: S3Server) -> None:
    upload_id = await store.begin(KEY)
    pieces = [
        await store.put_piece(KEY, upload_id, number, BODY[first : first + 300_000])
        for number, first in enumerate(range(0, len(BODY), 300_000), start=1)
    ]
    assert server.objects() == {}
    await store.complete(KEY, upload_id, pieces)
    assert server.objects() == {KEY: BODY}
    with pytest.raises(UploadForgotten):
        await store.put_piece(KEY, upload_id, 4, b"late")


async def test_upload_that_was_given_up_is_forgotten(store: ObjectStore) -> None:
    upload_id = await store.begin(KEY)
    await store.put_piece(KEY, upload_id, 1, BODY)
    await store.abort(KEY, upload_id)
    await store.abort(KEY, upload_id)
    with pytest.raises(UploadForgotten):
        await store.put_piece(KEY, upload_id, 2, BODY)


async def test_list_names_what_begins_so_and_nothing_else(store: ObjectStore) -> None:
    keys = [f"rec/a/1-{number:06}.mp4" for number in range(1100)]
    for key in [*keys, "rec/b/1-000001.mp4"]:
        await store.put(key, b"x", hashlib.sha256(b"x").hexdigest())
    found = [one async for one in store.list("rec/a/")]
    assert sorted(one.key for one in found) == keys
    assert {one.bytes for one in found} == {1}


async def test_what_is_not_there_cannot_be_read(store: ObjectStore) -> None:
    with pytest.raises(ObjectMissing):
        await all_of(store.read(KEY, 0, 1))


async def test_range_past_the_end_is_refused(store: ObjectStore) -> None:
    await store.put(KEY, BODY, HASH)
    for first, last in ((len(BODY), len(BODY)), (len(BODY) - 2, len(BODY) + 2)):
        with pytest.raises(RequestRefused):
            await all_of(store.read(KEY, first, last))


@pytest.mark.parametrize("wrong", [{"secret": "another"}, {"bucket": "no-such-bucket"}])
async def test_wrong_key_or_bucket_means_that_nothing_can_be_stored(
    line: Line, server: S3Server, wrong: dict[str, str]
) -> None:
    store = line.store(**wrong)
    with pytest.raises(StoreAway):
        await store.put(KEY, BODY, HASH)
    await store.close()
    assert server.objects() == {}


@pytest.mark.parametrize(
    "trouble",
    [{"is_cut": True}, {"refuses": 403}, {"refuses": 500}, {"refuses": 429}, {"up_bytes": 100_000}],
)
async def test_store_that_is_away_is_told_from_one_that_refuses(
    store: ObjectStore, line: Line, trouble: dict[str, object]
) -> None:
    await line.change(**trouble)
    with pytest.raises(StoreAway):
        await store.put(KEY, BODY, HASH)
    await line.change()
    await store.put(KEY, BODY, HASH)
    await line.change(refuses=400)
    with pytest.raises(RequestRefused, match="400 AccessDenied"):
        await store.put(KEY, BODY, HASH)


async def test_answer_that_ends_early_is_not_taken_for_the_whole(
    store: ObjectStore, line: Line
) -> None:
    await store.put(KEY, BODY, HASH)
    await line.change(down_bytes=300_000)
    with pytest.raises(StoreAway):
        await all_of(store.read(KEY, 0, len(BODY) - 1))


async def test_server_that_stopped_is_away(store: ObjectStore, server: S3Server) -> None:
    server.stop()
    with pytest.raises(StoreAway, match="not reached"):
        await store.look(KEY)
