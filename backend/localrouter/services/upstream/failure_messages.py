"""Says why a provider could not be reached, with the cause and the remedy, and never with a library's own names."""

from __future__ import annotations

import logging
import os

from localrouter.domain.descriptors import NONE_LEFT, ran_out
from localrouter.domain.routing.failures import Cools, Failure, FailureKind, FailurePhase
from localrouter.services.upstream.errors import (
    BrokenBody,
    ClosedWithoutAnswer,
    NameNotFound,
    NotConnected,
    NoTls,
    NotSendable,
    ProxyNotConnected,
    ProxyRefused,
    UntrustedCertificate,
)

LOG = logging.getLogger(__name__)

_OWN_CA = "If it comes from a certificate authority of your own, name that authority's file as ca_file."


def none_left() -> Failure:
    """The failure when no descriptor is left for a call: ours, not the provider's."""
    return Failure(
        FailureKind.UNREACHABLE,
        NONE_LEFT,
        phase=FailurePhase.CONNECT,
        cools=Cools.NOTHING,
        final=True,
        ours=True,
        undispatched=True,
        unbilled=True,
    )


def is_for_want_of_descriptors(error: Exception) -> bool:
    """Whether a call failed for lack of a descriptor. The system's name look-up does not say so itself."""
    return ran_out(error) or (isinstance(error, NameNotFound) and not _has_descriptor())


def unreachable(provider: str, error: Exception) -> str:
    """Describes a call that got no answer."""
    match error:
        case UntrustedCertificate():
            why = f" ({error.why})" if error.why else ""
            return f"The certificate of {provider} is not trusted{why}. {_OWN_CA}"
        case NoTls():
            return _no_tls(provider, error.reason)
        case NameNotFound():
            return f"The address of {provider} could not be found (DNS). Check the host in its base URL."
        case ProxyNotConnected():
            return f"The proxy of {provider} could not be connected to: {_reason(error.cause)}."
        case ProxyRefused():
            return f"The proxy of {provider} refused the connection (status {error.status})."
        case NotConnected():
            return f"{provider} could not be connected to: {_reason(error.cause)}."
        case ClosedWithoutAnswer():
            return f"{provider} closed the connection without an answer."
        case OSError() if error.strerror:
            return f"{provider} could not be reached: {_reason(error)}."
        case NotSendable():
            return f"{provider} could not be called: its address or a header cannot be sent. Check its settings."
        case _:
            LOG.info("%s could not be reached", provider, exc_info=error)
            return f"{provider} could not be reached; the log has the details."


def broken_connection(error: Exception) -> str:
    """Describes a connection that was lost while the answer arrived."""
    match error:
        case ConnectionResetError():
            how = "it was reset"
        case OSError() if error.strerror:
            how = _reason(error)
        case BrokenBody():
            how = "the answer ended too early, or its framing is wrong"
        case _:
            how = "the provider closed it"
    return f"The connection broke while the provider answered: {how}."


def _has_descriptor() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return not ran_out(error)
    return True


def _no_tls(provider: str, reason: str) -> str:
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
        return f"{provider} does not speak TLS at this address. If it is a plain server, write http:// in its base URL."
    told = f" ({reason.lower().replace('_', ' ')})" if reason else ""
    return f"No secure connection to {provider} could be made{told}."


def _reason(error: OSError) -> str:
    """The system's message, without what a library wraps around it."""
    if error.errno is not None and error.errno > 0:
        words = os.strerror(error.errno)
        return words[:1].lower() + words[1:]
    return "no connection"
