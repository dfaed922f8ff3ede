from media.core.keyframes import KeyframeRequester


def test_many_requests_send_one() -> None:
    requester = KeyframeRequester(interval=0.5)
    for _ in range(40):
        requester.request()
    assert requester.poll(now=10.0)
    assert not requester.poll(now=10.1)


def test_nothing_is_sent_unless_somebody_wishes() -> None:
    requester = KeyframeRequester()
    assert requester.deadline() is None
    assert not requester.is_pending
    assert not requester.poll(now=10.0)


def test_the_first_wish_is_due_at_once() -> None:
    requester = KeyframeRequester()
    requester.request()
    due_at = requester.deadline()
    assert due_at is not None
    assert due_at <= 0.0


def test_a_request_is_repeated_every_interval_until_a_keyframe_arrives() -> None:
    requester = KeyframeRequester(interval=0.5)
    requester.request()
    assert requester.poll(now=10.0)
    assert requester.deadline() == 10.5
    assert not requester.poll(now=10.49)
    assert requester.poll(now=10.5)
    requester.keyframe_arrived()
    assert requester.deadline() is None
    assert not requester.poll(now=11.0)


def test_a_wish_just_after_a_keyframe_waits_for_the_interval() -> None:
    requester = KeyframeRequester(interval=0.5)
    requester.request()
    assert requester.poll(now=10.0)
    requester.keyframe_arrived()
    requester.request()
    assert not requester.poll(now=10.2)
    assert requester.poll(now=10.5)


def test_a_publisher_that_never_answers_is_asked_a_bounded_number_of_times() -> None:
    requester = KeyframeRequester(interval=0.5, max_attempts=3)
    requester.request()
    assert [requester.poll(now=10.0 + 0.5 * step) for step in range(5)] == [True] * 3 + [False] * 2
    assert not requester.is_pending
    assert requester.sent == 3


def test_a_new_wish_renews_the_attempts() -> None:
    requester = KeyframeRequester(interval=0.5, max_attempts=1)
    requester.request()
    assert requester.is_pending
    assert requester.poll(now=10.0)
    assert not requester.poll(now=10.5)
    requester.request()
    assert requester.poll(now=10.5)
