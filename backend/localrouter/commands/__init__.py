"""What an administrator can do, each verb once: pages, scripts and the command line all call these.

One file a noun; start with `strategies.py`. A command validates nothing itself that the configuration's
validation knows, and never shows a secret.
"""

from __future__ import annotations

from localrouter.commands import (
    clients,
    documents,
    explanations,
    metrics,
    models,
    provider_keys,
    providers,
    requests,
    server,
    sessions,
    strategies,
)
from localrouter.commands.registration.registry import Registry, collect


def all_commands() -> Registry:
    """Every command of the program: the one list of the modules that hold them."""
    return collect(
        strategies,
        clients,
        providers,
        provider_keys,
        explanations,
        models,
        metrics,
        requests,
        server,
        documents,
        sessions,
    )
