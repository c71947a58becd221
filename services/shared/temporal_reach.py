"""Whether Temporal can be used as the settings say; if not, the class of the error says why, for logs tell no texts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

REACH_TIMEOUT = timedelta(seconds=10)


class TemporalError(RuntimeError):
    """Temporal cannot be used."""


class KeyRefusedError(TemporalError):
    """Temporal refuses the key: see temporal_api_key."""


class ServerNotTrustedError(TemporalError):
    """Temporal shows a certificate of an unknown authority, or of another address: see temporal_tls_ca."""


class ServerIsPlainError(TemporalError):
    """What answers speaks no TLS: see temporal_tls and temporal_address."""


class CertificateMismatchError(TemporalError):
    """Our own certificate and key do not belong together: see temporal_tls_cert and temporal_tls_key."""


class HungUpError(TemporalError):
    """Temporal hung up: perhaps it speaks TLS (temporal_tls), or wants another certificate (temporal_tls_cert)."""


class NamespaceMissingError(TemporalError):
    """Temporal has no such namespace: see temporal_namespace."""


SIGNS: tuple[tuple[str, type[TemporalError]], ...] = (
    ("code: Unauthenticated", KeyRefusedError),
    ("code: PermissionDenied", KeyRefusedError),
    ("InvalidCertificate", ServerNotTrustedError),
    ("InvalidContentType", ServerIsPlainError),
    ("InconsistentKeys", CertificateMismatchError),
    ("hyper::Error(", HungUpError),
)
"""What the client's one kind of error says where it cannot connect; what is not among them stays what it was."""
REFUSALS = (RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED)


@contextmanager
def told_why() -> Iterator[None]:
    """Raise the error that says why instead of the client's own, where it is known."""
    try:
        yield
    except RPCError as error:
        if error.status in REFUSALS:
            raise KeyRefusedError(KeyRefusedError.__doc__) from error
        raise
    except RuntimeError as error:
        kind = next((kind for sign, kind in SIGNS if sign in str(error)), None)
        if kind is None:
            raise
        raise kind(kind.__doc__) from error


async def reach(client: Client) -> None:
    """Come back when Temporal answers and has the namespace. Raises a TemporalError, or the client's own error."""
    with told_why():
        await client.service_client.check_health(timeout=REACH_TIMEOUT)
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=REACH_TIMEOUT
        )
    except RPCError as error:
        # A key may be too small to ask this: whatever else is wrong shows at the first real call.
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NamespaceMissingError(NamespaceMissingError.__doc__) from error
