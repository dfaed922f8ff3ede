"""One-time set-up links, demonstration links, and what makes a password weak."""

import asyncio
from datetime import timedelta

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.accounts import service
from app.accounts.errors import UsernameTaken
from app.accounts.models import Account, AccountLink, AccountState, LinkPurpose
from app.accounts.passwords import MIN_LENGTH, Passwords, weaknesses
from app.database import Database
from app.security import PERSON_COOKIE, Role, hash_token
from tests.app.conftest import Clock, OpenBrowser
from tests.factories import County, make_person, make_region

STRONG = "三只白鹅过小桥 slowly"


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: links are used once, by a statement."""
    return either_url


async def make_link(
    database: Database,
    clock: Clock,
    account: Account,
    purpose: LinkPurpose = LinkPurpose.SET_PASSWORD,
) -> str:
    async with database.unit_of_work() as db:
        return await service.make_link(
            db,
            account_id=account.id,
            purpose=purpose,
            lifetime=timedelta(hours=48),
            now=clock.now,
        )


@pytest.fixture
async def newcomer(database: Database) -> Account:
    """An administrator who has set no password yet."""
    async with database.unit_of_work() as db:
        return await make_person(
            db,
            role=Role.ADMINISTRATOR,
            region=await make_region(db),
            name="李主任",
            state=AccountState.PENDING,
        )


async def test_set_up_link_sets_the_password_and_signs_in(
    open_browser: OpenBrowser, database: Database, clock: Clock, newcomer: Account
) -> None:
    token = await make_link(database, clock, newcomer)
    browser = await open_browser()
    seen = await browser.post("/api/links/redeem", {"token": token})
    assert seen.json() == {"purpose": "SET_PASSWORD", "username": newcomer.username}
    assert (await browser.me())["person"] is None
    answer = await browser.post("/api/links/set-password", {"token": token, "password": STRONG})
    assert answer.status_code == 200
    assert answer.json()["person"]["home"] == "/admin"
    later = await open_browser()
    signed_in = await later.post(
        "/api/sign-in", {"username": newcomer.username, "password": STRONG}
    )
    assert signed_in.status_code == 200


async def test_link_is_kept_as_its_hash_only(
    database: Database, clock: Clock, newcomer: Account
) -> None:
    token = await make_link(database, clock, newcomer)
    async with database.unit_of_work() as db:
        link = (await db.scalars(select(AccountLink))).one()
    assert link.token_hash == hash_token(token)
    assert token not in repr(vars(link))


async def test_set_up_link_works_once(
    open_browser: OpenBrowser, database: Database, clock: Clock, newcomer: Account
) -> None:
    token = await make_link(database, clock, newcomer)
    browser = await open_browser()
    body = {"token": token, "password": STRONG}
    assert (await browser.post("/api/links/set-password", body)).status_code == 200
    for path in ("/api/links/set-password", "/api/links/redeem"):
        again = await (await open_browser()).post(path, body if "set" in path else {"token": token})
        assert again.status_code == 410
        assert again.json()["type"] == "link-used-or-expired"


async def test_of_two_uses_at_once_one_wins(
    open_browser: OpenBrowser, database: Database, clock: Clock, newcomer: Account
) -> None:
    token = await make_link(database, clock, newcomer)
    browsers = [await open_browser() for _ in range(4)]
    answers = await asyncio.gather(
        *(b.post("/api/links/set-password", {"token": token, "password": STRONG}) for b in browsers)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410]


async def test_link_expires(
    open_browser: OpenBrowser, database: Database, clock: Clock, newcomer: Account
) -> None:
    token = await make_link(database, clock, newcomer)
    clock.advance(hours=48, seconds=1)
    browser = await open_browser()
    assert (await browser.post("/api/links/redeem", {"token": token})).status_code == 410


@pytest.mark.parametrize("path", ["/api/links/redeem", "/api/links/set-password"])
async def test_unknown_link_is_refused(open_browser: OpenBrowser, path: str) -> None:
    browser = await open_browser()
    body = {"token": "made-up"} | ({"password": STRONG} if "password" in path else {})
    assert (await browser.post(path, body)).status_code == 410


@pytest.mark.parametrize("path", ["/api/links/redeem", "/api/links/set-password"])
async def test_link_of_a_disabled_account_is_refused(
    open_browser: OpenBrowser, database: Database, clock: Clock, newcomer: Account, path: str
) -> None:
    token = await make_link(database, clock, newcomer)
    async with database.unit_of_work() as db:
        (await db.get_one(Account, newcomer.id)).state = AccountState.DISABLED
    browser = await open_browser()
    body = {"token": token} | ({"password": STRONG} if "password" in path else {})
    assert (await browser.post(path, body)).status_code == 410


async def test_weak_password_is_refused_with_reasons_and_the_link_stays(
    open_browser: OpenBrowser, database: Database, clock: Clock, newcomer: Account
) -> None:
    token = await make_link(database, clock, newcomer)
    browser = await open_browser()
    answer = await browser.post("/api/links/set-password", {"token": token, "password": "李主任"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "password-too-weak"
    assert set(answer.json()["reasons"]) >= {"too_short", "own_name"}
    retry = await browser.post("/api/links/set-password", {"token": token, "password": STRONG})
    assert retry.status_code == 200


async def test_new_password_ends_sessions_elsewhere(
    open_browser: OpenBrowser, database: Database, clock: Clock, county: County
) -> None:
    elsewhere = await open_browser(county.teacher)
    token = await make_link(database, clock, county.teacher)
    browser = await open_browser()
    await browser.post("/api/links/set-password", {"token": token, "password": STRONG})
    assert (await elsewhere.me())["person"] is None
    assert (await browser.me())["person"] is not None


@pytest.mark.usefixtures("demonstration")
async def test_demonstration_link_signs_in_again_and_again_until_it_expires(
    open_browser: OpenBrowser, database: Database, clock: Clock, county: County
) -> None:
    token = await make_link(database, clock, county.teacher, LinkPurpose.DEMONSTRATION)
    for _ in range(3):
        browser = await open_browser()
        answer = await browser.post("/api/links/redeem", {"token": token})
        assert answer.json() == {"purpose": "DEMONSTRATION", "home": "/teach"}
        assert (await browser.me())["person"]["name"] == county.teacher.person.name
    clock.advance(hours=49)
    assert (await (await open_browser()).post("/api/links/redeem", {"token": token})).is_error


@pytest.mark.usefixtures("demonstration")
async def test_demonstration_link_ends_the_browsers_earlier_session(
    open_browser: OpenBrowser, database: Database, clock: Clock, county: County
) -> None:
    token = await make_link(database, clock, county.teacher, LinkPurpose.DEMONSTRATION)
    browser = await open_browser(county.administrator)
    earlier = browser.client.cookies[PERSON_COOKIE]
    assert (await browser.post("/api/links/redeem", {"token": token})).status_code == 200
    assert (await browser.me())["person"]["name"] == county.teacher.person.name
    thief = await open_browser()
    thief.client.cookies.set(PERSON_COOKIE, earlier)
    assert (await thief.me())["person"] is None


async def test_demonstration_link_is_worth_nothing_where_there_is_no_demonstration(
    open_browser: OpenBrowser, database: Database, clock: Clock, county: County
) -> None:
    token = await make_link(database, clock, county.teacher, LinkPurpose.DEMONSTRATION)
    browser = await open_browser()
    answer = await browser.post("/api/links/redeem", {"token": token})
    assert (answer.status_code, answer.json()["type"]) == (410, "link-used-or-expired")
    assert PERSON_COOKIE not in browser.client.cookies


async def test_link_that_died_while_the_password_was_hashed_is_refused(
    open_browser: OpenBrowser,
    database: Database,
    clock: Clock,
    newcomer: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = await make_link(database, clock, newcomer)
    browser = await open_browser()
    hash_it = Passwords.hash

    async def disable_meanwhile(passwords: Passwords, password: str) -> str:
        # Would wait for itself with SQLite, had the request a transaction open.
        async with asyncio.timeout(5), database.unit_of_work() as db:
            account = await db.get_one(Account, newcomer.id)
            await service.disable_account(db, account=account, now=clock.now)
        return await hash_it(passwords, password)

    monkeypatch.setattr(Passwords, "hash", disable_meanwhile)
    answer = await browser.post("/api/links/set-password", {"token": token, "password": STRONG})
    assert answer.status_code == 410
    async with database.unit_of_work() as db:
        assert (await db.get_one(Account, newcomer.id)).password_hash is None


async def test_demonstration_link_sets_no_password(
    open_browser: OpenBrowser, database: Database, clock: Clock, county: County
) -> None:
    token = await make_link(database, clock, county.teacher, LinkPurpose.DEMONSTRATION)
    browser = await open_browser()
    answer = await browser.post("/api/links/set-password", {"token": token, "password": STRONG})
    assert answer.status_code == 410
    assert PERSON_COOKIE not in browser.client.cookies


async def test_link_is_refused_to_a_foreign_page(
    open_browser: OpenBrowser, database: Database, clock: Clock, county: County
) -> None:
    token = await make_link(database, clock, county.teacher, LinkPurpose.DEMONSTRATION)
    browser = await open_browser()
    answer = await browser.post(
        "/api/links/redeem", {"token": token}, headers={"Origin": "http://evil.test"}
    )
    assert answer.status_code == 403


async def test_name_can_be_taken_once_however_it_is_written(database: Database) -> None:
    async with database.unit_of_work() as db:
        await make_person(db)
        taken = (await db.scalars(select(Account))).one().username
    with pytest.raises(UsernameTaken):
        async with database.unit_of_work() as db:
            await service.create_person(
                db,
                name="x",
                username=f" {taken.upper()} ",
                school_id=None,
                now=Clock().now,
            )


@pytest.mark.parametrize(
    ("password", "broken"),
    [
        ("short", {"too_short"}),
        ("x" * 129 + "abcdefgh", {"too_long"}),
        ("abababababababab", {"too_few_characters"}),
        ("123456789012345", {"sequence", "common"}),
        ("987654321098765", {"sequence", "common"}),
        ("13800138000138", {"common"}),
        ("aaaabbbbccccdddd", {"sequence"}),
        ("bamboo!bamboo!bam", {"sequence"}),
        ("abcdefghijklmnop", {"sequence"}),
        ("zyxwvutsrqponm", {"sequence"}),
        ("password2026!!", {"common"}),
        ("PassWord202611", {"common"}),
        ("I am 王老师, hello", {"own_name"}),
        ("wang-loves-bamboo", {"own_name"}),
        ("\uff30\uff41\uff53\uff53\uff57\uff4f\uff52\uff44 2026", {"common"}),
    ],
)
def test_weak_passwords_are_named_for_what_is_weak(password: str, broken: set[str]) -> None:
    assert broken <= set(weaknesses(password, own_words=("wang", "王老师")))


@pytest.mark.parametrize(
    "password", [STRONG, "correct horse battery staple", "竹溪云岭白鹅小桥细雨春风山村学校"]
)
def test_long_and_uncommon_is_strong_without_any_class_of_characters(password: str) -> None:
    assert weaknesses(password, own_words=("wang", "王老师")) == []


@given(st.text(max_size=MIN_LENGTH - 1))
def test_anything_shorter_than_twelve_is_weak(password: str) -> None:
    assert "too_short" in weaknesses(password, own_words=())


async def test_hash_is_argon2id_salted_and_verified_only_by_the_password(app: FastAPI) -> None:
    passwords: Passwords = app.state.passwords
    one, two = await passwords.hash(STRONG), await passwords.hash(STRONG)
    assert one.startswith("$argon2id$")
    assert one != two
    assert await passwords.verify(STRONG, one)
    assert not await passwords.verify(STRONG + "!", one)
    assert not await passwords.verify("nobody has this password", None)
