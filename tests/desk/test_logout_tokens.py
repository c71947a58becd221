"""The provider ends a session here only with a logout token in which everything is right, and only an older one."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from sqlalchemy import select

from services.desk.handlers.sessions import AtProvider, end_with_provider, open_session
from services.desk.oidc import LOGOUT_EVENT, OpenIdProvider, SignInError, at_provider
from services.desk.session_store import session
from tests.desk.office import COLLEAGUE, MONDAY, Office
from tests.desk.test_id_tokens import KEY, NOW, OTHER_KEY, Pretender, claims, pretender, provider

__all__ = ["pretender", "provider"]

MOMENT = int(NOW.timestamp())
EVENTS: dict[str, object] = {LOGOUT_EVENT: {}}


def signed(key: object = KEY, /, **changes: object) -> str:
    told = claims("", nonce=None, jti="once", events=EVENTS, sid="a session", exp=MOMENT + 120) | changes
    header = {"alg": "RS256", "kid": "ours", "typ": "logout+jwt"}
    return jwt.encode(header, {name: value for name, value in told.items() if value is not None}, key)  # type: ignore[arg-type]  # a key


async def test_a_logout_token_names_who_and_which_session(provider: OpenIdProvider, pretender: Pretender) -> None:
    told = at_provider(await provider.ended(signed(), now=NOW))
    of_everywhere = at_provider(await provider.ended(signed(sid=None), now=NOW))
    of_nobody_named = at_provider(await provider.ended(signed(sub=None), now=NOW))

    assert isinstance(told.subject, UUID)
    assert isinstance(told.session, UUID)
    assert of_everywhere == AtProvider(subject=told.subject, session=None)
    assert of_nobody_named == AtProvider(subject=None, session=told.session)


@pytest.mark.parametrize(
    "token",
    [
        signed(OTHER_KEY),
        signed(iss="https://elsewhere.example"),
        signed(aud="another"),
        signed(exp=MOMENT - 60),
        signed(exp=None),
        signed(iat=MOMENT + 600),
        signed(jti=None),
        signed(events=None),
        signed(events={"http://schemas.openid.net/event/other": {}}),
        signed(events=[LOGOUT_EVENT]),
        signed(sub=None, sid=None),
        signed(nonce="an ID token's"),
        "no token",
        "",
        None,
    ],
)
async def test_any_other_token_ends_nothing(provider: OpenIdProvider, pretender: Pretender, token: str | None) -> None:
    with pytest.raises(SignInError, match="token-not-valid"):
        await provider.ended(token, now=NOW)


HERE, AT_HOME = (AtProvider(subject=UUID(int=1), session=UUID(int=number)) for number in (2, 3))
UNTOLD = AtProvider(subject=UUID(int=1), session=None)


async def _opened(office: Office, known: AtProvider | None, now: datetime = MONDAY) -> UUID:
    opened = uuid4()
    async with office.database.transaction() as tx:
        assert await open_session(tx, COLLEAGUE, opened, at_provider=known, now=now)
    return opened


async def _open(office: Office) -> set[UUID]:
    async with office.database.transaction() as tx:
        return set((await tx.execute(select(session.c.id).where(session.c.ended_at.is_(None)))).scalars())


@pytest.mark.engines
async def test_one_session_ends_with_the_providers_and_the_others_stay(office: Office) -> None:
    here, at_home, untold = [await _opened(office, known) for known in (HERE, AT_HOME, UNTOLD)]
    somebody_else = await _opened(office, AtProvider(subject=UUID(int=9), session=None))
    async with office.database.transaction() as tx:
        await end_with_provider(tx, HERE, told_at=MONDAY, now=MONDAY)

    # Of which session of the provider the third one is it never told: only the person is known, so it ends.
    assert await _open(office) == {at_home, somebody_else}
    assert not {here, untold} & await _open(office)


@pytest.mark.engines
async def test_without_a_session_named_all_of_a_person_end_but_not_what_began_since(office: Office) -> None:
    await _opened(office, HERE)
    practised = await _opened(office, None)
    since = await _opened(office, AT_HOME, MONDAY + timedelta(minutes=1))
    async with office.database.transaction() as tx:
        first = await end_with_provider(tx, UNTOLD, told_at=MONDAY, now=MONDAY + timedelta(minutes=2))
        again = await end_with_provider(tx, UNTOLD, told_at=MONDAY, now=MONDAY + timedelta(minutes=3))

    assert (first, again) == (1, 0)
    assert await _open(office) == {practised, since}


@pytest.mark.engines
async def test_a_session_alone_ends_nothing_of_whom_the_provider_told_no_session(office: Office) -> None:
    untold, practised = await _opened(office, UNTOLD), await _opened(office, None)
    async with office.database.transaction() as tx:
        await end_with_provider(tx, AtProvider(subject=None, session=UUID(int=2)), told_at=MONDAY, now=MONDAY)

    assert await _open(office) == {untold, practised}
