"""What is kept for retransmission, and for how long."""

from media.core.packet_cache import PacketCache


def test_packets_are_kept_for_their_time() -> None:
    cache = PacketCache(max_age_s=2.0, max_bytes=1000)
    cache.insert(1, (0, 0, b"a", 10.0))
    cache.insert(2, (0, 0, b"b", 12.0))
    assert cache.get(1) == (0, 0, b"a", 10.0)
    cache.insert(3, (0, 0, b"c", 12.5))
    assert cache.get(1) is None
    assert cache.get(3) is not None


def test_the_oldest_go_when_there_are_too_many_bytes() -> None:
    cache = PacketCache(max_age_s=2.0, max_bytes=25)
    for seq in range(4):
        cache.insert(seq, (0, 0, bytes(10), 1.0))
    assert [cache.get(seq) is not None for seq in range(4)] == [False, False, True, True]
    assert cache.size_bytes == 20


def test_two_seconds_of_four_megabits_fit() -> None:
    cache = PacketCache(max_age_s=2.0, max_bytes=2 * 1024 * 1024)
    for number in range(834):
        cache.insert(number, (0, 0, bytes(1200), number * 2.0 / 834))
    assert cache.get(0) is not None


def test_a_frame_is_followed_back_to_its_first_packet() -> None:
    cache = PacketCache(max_age_s=2.0, max_bytes=1000)
    for seq, timestamp in ((4, 7), (6, 8), (7, 8), (8, 8)):
        cache.insert(seq, (timestamp, 0, b"", 1.0))
    assert cache.first_of_frame(8) == 6
    assert cache.first_of_frame(4) == 4


def test_cleared_means_gone() -> None:
    cache = PacketCache(max_age_s=2.0, max_bytes=1000)
    cache.insert(1, (0, 0, b"a", 1.0))
    cache.clear()
    assert cache.get(1) is None
    assert cache.size_bytes == 0


def test_a_number_that_comes_twice_is_kept_and_dropped_once() -> None:
    cache = PacketCache(max_age_s=2.0, max_bytes=1000)
    for _ in range(2):
        cache.insert(1, (0, 0, b"abc", 10.0))
    assert cache.size_bytes == 3
    cache.insert(2, (0, 0, b"d", 20.0))
    cache.insert(3, (0, 0, b"e", 30.0))
    assert [cache.get(seq) is not None for seq in (1, 2, 3)] == [False, False, True]
    assert cache.size_bytes == 1
