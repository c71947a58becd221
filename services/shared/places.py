"""Tells the two sides of a service's web application apart: its API under /v1, and its pages everywhere else."""

from ipaddress import ip_address

from starlette.requests import HTTPConnection

SIGN_IN = "/desk/aanmelden"
RENEWAL = "/desk/aanmelden/vernieuwen"
"""Where a service that cannot renew a session itself sends whoever comes with an old cookie; it leads straight back."""
BEGIN = "/desk/begin"
"""Leads on to what somebody's work begins with, or to the door."""
WORKLIST = "/desk/werklijst"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""What changes nothing, however often it is asked."""


def is_page(request: HTTPConnection) -> bool:
    """Whether an address is a page for people."""
    inside = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return inside != "/v1" and not inside.startswith("/v1/")


def is_our_path(address: str) -> bool:
    """Whether an address is a path here: `//host` and `/\\host` lead elsewhere."""
    return address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()


def is_loopback(host: str | None) -> bool:
    """Whether a host, by name or number, is this machine itself and nothing else."""
    if host is None or host == "localhost":
        return host is not None
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
