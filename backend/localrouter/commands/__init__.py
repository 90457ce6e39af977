"""Everything an administrator can do. The pages, scripts and the command line all call these commands.

One file per noun; start with `strategies.py`. A command leaves validation to the configuration wherever it can, and
never shows a secret.
"""

from __future__ import annotations

from localrouter.commands import (
    clients,
    documents,
    explanations,
    metrics,
    models,
    programs,
    provider_keys,
    providers,
    requests,
    server,
    sessions,
    spend,
    strategies,
)
from localrouter.commands.registration.registry import Registry, collect


def all_commands() -> Registry:
    """Every command of the program, from the only list of modules that hold them."""
    return collect(
        strategies,
        clients,
        providers,
        provider_keys,
        explanations,
        models,
        programs,
        metrics,
        spend,
        requests,
        server,
        documents,
        sessions,
    )
