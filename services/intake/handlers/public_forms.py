"""Forms that anybody may fill in: received like any signal, with a bound on how many in an hour."""

import hashlib
import hmac
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from services.intake import outreach_store, store
from services.intake.commands import ReceiveSignal
from services.intake.handlers.signals import receive_signal
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code

COUNTED_FOR = timedelta(hours=1)
ONE_ADDRESS_MAX = 10
"""Forms in an hour from one address: a school or a clinic has one address for all who work there."""
EVERYBODY_MAX = 200
"""Forms in an hour from everywhere: a town never has so many, a flood has."""
SALT_BYTES = 16
HOUSEHOLD_BITS = 64
"""An IPv6 address says more than a household's line; only this part of it is counted by."""

TOO_MANY_HERE: Code = "too-many-from-here"
TOO_MANY: Code = "too-many-forms"


async def receive_public_form(
    tx: Transaction, command: ReceiveSignal, *, address: str, fresh_salt: bytes, now: datetime
) -> store.Signal | Refused:
    """Receive a form of somebody who is not signed in. The same form again changes nothing and is not counted.

    The address is kept for an hour as a digest with a salt of the day, which is gone the day after.
    """
    if await store.signal_by_id(tx, command.signal_id) is not None:
        return await receive_signal(tx, command, now=now)
    await outreach_store.lock_public_forms(tx)
    salt = await outreach_store.salt_of(tx, local_date(now), fresh_salt)
    digest = hmac.digest(salt, counted_address(address).encode(), hashlib.sha256)
    here, everywhere = await outreach_store.public_forms_since(tx, now - COUNTED_FOR, digest)
    if here >= ONE_ADDRESS_MAX:
        return Refused(TOO_MANY_HERE)
    if everywhere >= EVERYBODY_MAX:
        return Refused(TOO_MANY)
    received = await receive_signal(tx, command, now=now)
    if not isinstance(received, Refused):
        await outreach_store.add_public_form(tx, digest, now=now)
    return received


def counted_address(address: str) -> str:
    """What of an address is counted by: all of an IPv4 address, the household's part of an IPv6 address."""
    try:
        known = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(known, IPv6Address):
        return str(IPv6Address(int(known) >> HOUSEHOLD_BITS << HOUSEHOLD_BITS))
    return str(known)
