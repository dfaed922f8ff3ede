"""Signing in and out, the lock, the cookie, and what a page must prove."""

import asyncio
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.accounts import locks, service
from app.accounts.models import Account, AccountState, SignInFailure, SignInSession
from app.accounts.passwords import Passwords
from app.database import Database
from app.security import CSRF_HEADER, PERSON_COOKIE, Role, hash_token
from tests.app.conftest import BASE_URL, Clock, OpenBrowser, TestBrowser
from tests.factories import make_person, make_region, make_school

PASSWORD = "小雨 沙沙 in the bamboo"
WRONG = "not what was chosen at all"


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: sessions and locks are rows."""
    return either_url


@pytest.fixture
async def wang(database: Database, app: FastAPI) -> Account:
    """A teacher with a password."""
    passwords: Passwords = app.state.passwords
    async with database.unit_of_work() as db:
        hub = await make_school(db, await make_region(db), name="中心小学")
        return await make_person(
            db,
            role=Role.TEACHER,
            school=hub,
            name="王老师",
            password_hash=await passwords.hash(PASSWORD),
        )


async def try_sign_in(browser: TestBrowser, username: str, password: str) -> int:
    answer = await browser.post("/api/sign-in", {"username": username, "password": password})
    return answer.status_code


async def test_right_password_signs_in_and_says_who(
    open_browser: OpenBrowser, wang: Account
) -> None:
    browser = await open_browser()
    answer = await browser.post("/api/sign-in", {"username": wang.username, "password": PASSWORD})
    assert answer.status_code == 200
    person = answer.json()["person"]
    assert person["name"] == "王老师"
    assert person["school"] == "中心小学"
    assert person["roles"] == [{"role": "TEACHER", "scope_name": "中心小学"}]
    assert person["home"] == "/teach"
    assert (await browser.me())["person"] == person


async def test_name_is_taken_without_case_and_blanks(
    open_browser: OpenBrowser, wang: Account
) -> None:
    browser = await open_browser()
    assert await try_sign_in(browser, f"  {wang.username.upper()} ", PASSWORD) == 200


@pytest.mark.parametrize("username", ["the teacher", "somebody else"])
async def test_wrong_password_and_unknown_name_are_answered_alike(
    open_browser: OpenBrowser, wang: Account, username: str
) -> None:
    browser = await open_browser()
    name = wang.username if username == "the teacher" else "nobody"
    answer = await browser.post("/api/sign-in", {"username": name, "password": WRONG})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "sign-in-refused",
        "title": "Name or password is wrong",
        "status": 401,
        "detail": "",
    }
    assert name not in answer.text
    assert (await browser.me())["person"] is None


@pytest.mark.parametrize("state", [AccountState.PENDING, AccountState.DISABLED])
async def test_account_that_may_not_sign_in_is_refused_with_the_right_password(
    open_browser: OpenBrowser, database: Database, wang: Account, state: AccountState
) -> None:
    async with database.unit_of_work() as db:
        (await db.get_one(Account, wang.id)).state = state
    assert await try_sign_in(await open_browser(), wang.username, PASSWORD) == 401


async def test_cookie_is_hidden_from_scripts_and_only_its_hash_is_kept(
    open_browser: OpenBrowser, database: Database, wang: Account
) -> None:
    browser = await open_browser()
    answer = await browser.post("/api/sign-in", {"username": wang.username, "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Secure" not in cookie
    token = browser.client.cookies[PERSON_COOKIE]
    assert len(token) >= 43  # 256 bits in base64
    async with database.unit_of_work() as db:
        assert await db.scalar(select(SignInSession.token_hash)) == hash_token(token)


async def test_over_https_the_cookie_is_secure_and_bound_to_the_host(
    open_browser: OpenBrowser, wang: Account
) -> None:
    browser = await open_browser(base_url="https://classrooms.test")
    answer = await browser.post(
        "/api/sign-in",
        {"username": wang.username, "password": PASSWORD},
        headers={"Origin": "https://classrooms.test"},
    )
    assert answer.status_code == 200
    assert answer.headers["set-cookie"].startswith("__Host-classrooms_session=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]
    assert (await browser.me())["person"]["name"] == "王老师"


async def test_signing_in_again_gives_a_new_session_and_ends_the_old_one(
    open_browser: OpenBrowser, wang: Account
) -> None:
    browser = await open_browser()
    await try_sign_in(browser, wang.username, PASSWORD)
    before = browser.client.cookies[PERSON_COOKIE]
    await try_sign_in(browser, wang.username, PASSWORD)
    assert browser.client.cookies[PERSON_COOKIE] != before
    old = await open_browser()
    old.client.cookies.set(PERSON_COOKIE, before)
    assert (await old.me())["person"] is None


async def test_signing_in_does_not_wait_for_the_session_it_came_with(
    open_browser: OpenBrowser, wang: Account, clock: Clock
) -> None:
    browser = await open_browser(wang)
    clock.advance(minutes=2)  # so that being seen is due to be written, in this very request
    body = {"username": wang.username, "password": PASSWORD}
    answer = await browser.client.post("/api/sign-in", json=body, headers={"Origin": BASE_URL})
    assert answer.status_code == 200


async def test_session_planted_before_sign_in_is_not_adopted(
    open_browser: OpenBrowser, wang: Account
) -> None:
    browser = await open_browser()
    browser.client.cookies.set(PERSON_COOKIE, "chosen-by-an-attacker")
    answer = await browser.post("/api/sign-in", {"username": wang.username, "password": PASSWORD})
    assert "chosen-by-an-attacker" not in answer.headers["set-cookie"]


async def test_sign_out_ends_the_session_on_the_server(
    open_browser: OpenBrowser, wang: Account
) -> None:
    browser = await open_browser(wang)
    token = browser.client.cookies[PERSON_COOKIE]
    assert (await browser.post("/api/sign-out")).status_code == 204
    thief = await open_browser()
    thief.client.cookies.set(PERSON_COOKIE, token)
    assert (await thief.me())["person"] is None


async def test_fifth_failure_locks_and_the_right_password_waits_too(
    open_browser: OpenBrowser, wang: Account, clock: Clock
) -> None:
    browser = await open_browser()
    for _ in range(4):
        assert await try_sign_in(browser, wang.username, WRONG) == 401
    answer = await browser.post("/api/sign-in", {"username": wang.username, "password": WRONG})
    assert answer.status_code == 429
    assert answer.json()["type"] == "sign-in-locked"
    assert 0 < answer.json()["retry_after_s"] <= 61
    assert answer.headers["retry-after"] == str(answer.json()["retry_after_s"])
    assert await try_sign_in(browser, wang.username, PASSWORD) == 429
    clock.advance(seconds=61)
    assert await try_sign_in(browser, wang.username, PASSWORD) == 200


async def test_success_forgets_the_failures(open_browser: OpenBrowser, wang: Account) -> None:
    browser = await open_browser()
    for _ in range(2):
        for _ in range(4):
            assert await try_sign_in(browser, wang.username, WRONG) == 401
        assert await try_sign_in(browser, wang.username, PASSWORD) == 200


async def test_lock_grows_with_each_failure_and_never_past_a_quarter_of_an_hour(
    database: Database, clock: Clock
) -> None:
    waits = []
    for _ in range(14):
        async with database.unit_of_work() as db:
            until = await locks.remember_failure(db, "wang", "10.0.0.1", clock.now)
        waits.append(0 if until is None else int((until - clock.now).total_seconds()))
    assert waits == [0, 0, 0, 0, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900]


async def test_attacker_at_another_address_locks_nobody_out(
    open_browser: OpenBrowser, wang: Account
) -> None:
    attacker = await open_browser(address="203.0.113.9")
    for _ in range(8):
        await try_sign_in(attacker, wang.username, WRONG)
    assert await try_sign_in(attacker, wang.username, PASSWORD) == 429
    assert await try_sign_in(await open_browser(), wang.username, PASSWORD) == 200


async def test_unknown_names_are_locked_as_known_ones_are(open_browser: OpenBrowser) -> None:
    browser = await open_browser()
    codes = [await try_sign_in(browser, "nobody", WRONG) for _ in range(6)]
    assert codes == [401, 401, 401, 401, 429, 429]


async def test_guesses_sent_all_at_once_are_each_counted(
    open_browser: OpenBrowser, database: Database, wang: Account
) -> None:
    browser = await open_browser()
    codes = await asyncio.gather(*(try_sign_in(browser, wang.username, WRONG) for _ in range(12)))
    assert codes.count(401) == 4
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count()).select_from(SignInFailure)) == 1


async def test_failures_are_forgotten_after_a_day(database: Database, clock: Clock) -> None:
    async with database.unit_of_work() as db:
        await locks.remember_failure(db, "wang", "10.0.0.1", clock.now)
        later = clock.now + timedelta(hours=25)
        await locks.remember_failure(db, "li", "10.0.0.2", later)
        rows = (await db.scalars(select(SignInFailure.username))).all()
    assert rows == ["li"]


async def test_one_address_may_not_try_without_end(open_browser: OpenBrowser) -> None:
    browser = await open_browser(address="203.0.113.9")
    codes = [await try_sign_in(browser, f"name-{number}", WRONG) for number in range(61)]
    assert set(codes[:60]) == {401}
    assert codes[60] == 429


async def test_session_ends_when_idle(
    open_browser: OpenBrowser, wang: Account, clock: Clock
) -> None:
    browser = await open_browser(wang)
    for _ in range(3):
        clock.advance(minutes=100)
        assert (await browser.me())["person"] is not None
    clock.advance(minutes=121)
    assert (await browser.me())["person"] is None


async def test_session_ends_after_twelve_hours_however_busy(
    open_browser: OpenBrowser, wang: Account, clock: Clock
) -> None:
    browser = await open_browser(wang)
    for _ in range(12):
        assert (await browser.me())["person"] is not None
        clock.advance(minutes=60)
    assert (await browser.me())["person"] is None


async def test_disabling_an_account_ends_its_sessions(
    open_browser: OpenBrowser, database: Database, wang: Account, clock: Clock
) -> None:
    browser = await open_browser(wang)
    async with database.unit_of_work() as db:
        account = await db.get_one(Account, wang.id)
        await service.disable_account(db, account=account, now=clock.now)
    assert (await browser.me())["person"] is None


async def test_restricted_account_looks_and_changes_nothing(
    open_browser: OpenBrowser, database: Database
) -> None:
    async with database.unit_of_work() as db:
        region = await make_region(db)
        restricted = await make_person(
            db, role=Role.ADMINISTRATOR, region=region, state=AccountState.RESTRICTED
        )
    browser = await open_browser(restricted)
    assert (await browser.get("/api/classrooms")).status_code == 200
    answer = await browser.post(f"/api/admin/devices/{region.id}/revoke")
    assert answer.status_code == 403
    assert "restricted" in answer.json()["detail"]
    assert (await browser.post("/api/sign-out")).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.test"},
        {"Origin": "https://classrooms.test"},
        {"Origin": "http://classrooms.test:8080"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.test", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_sign_in_from_a_foreign_page_is_refused(
    open_browser: OpenBrowser, wang: Account, headers: dict[str, str]
) -> None:
    browser = await open_browser()
    answer = await browser.post(
        "/api/sign-in", {"username": wang.username, "password": PASSWORD}, headers=headers
    )
    assert answer.status_code == 403
    assert answer.json()["type"] == "csrf-refused"
    assert PERSON_COOKIE not in browser.client.cookies


async def test_sign_in_by_fetch_metadata_alone_is_accepted(
    open_browser: OpenBrowser, wang: Account
) -> None:
    browser = await open_browser()
    answer = await browser.post(
        "/api/sign-in",
        {"username": wang.username, "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("token", [None, "", "guessed", "令牌"])
async def test_change_without_the_sessions_token_is_refused(
    open_browser: OpenBrowser, wang: Account, token: str | None
) -> None:
    browser = await open_browser(wang)
    headers = {b"Origin": BASE_URL.encode()}
    if token is not None:
        headers[CSRF_HEADER.encode()] = token.encode()
    answer = await browser.client.post("/api/sign-out", headers=headers)
    assert answer.status_code == 403
    assert (await browser.me())["person"] is not None


async def test_token_of_another_session_is_refused(
    open_browser: OpenBrowser, wang: Account
) -> None:
    one, other = await open_browser(wang), await open_browser(wang)
    foreign = (await other.me())["person"]["csrf_token"]
    answer = await one.post("/api/sign-out", headers={CSRF_HEADER: foreign, "Origin": BASE_URL})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "wang"},
        {"username": "", "password": "x"},
        {"username": "wang\0", "password": "x"},
        {"username": "w" * 65, "password": "x"},
        {"username": "wang", "password": "x" * 257},
        {"username": "wang", "password": "secret-word", "admin": True},
        {"username": ["wang"], "password": "secret-word"},
    ],
)
async def test_malformed_sign_in_is_told_where_and_never_repeated(
    open_browser: OpenBrowser, body: dict[str, object]
) -> None:
    browser = await open_browser()
    answer = await browser.post("/api/sign-in", body)
    assert answer.status_code == 422
    assert answer.json()["type"] == "malformed-input"
    assert answer.json()["fields"]
    assert "secret-word" not in answer.text


async def test_body_that_is_not_even_text_is_malformed_input(
    open_browser: OpenBrowser,
) -> None:
    browser = await open_browser()
    answer = await browser.client.post(
        "/api/sign-in",
        content=b'{"username": "\xff"}',
        headers={"Origin": BASE_URL, "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed-input")
