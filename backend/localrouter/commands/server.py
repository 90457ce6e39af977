"""Commands about the router itself: its state, its settings, restarting and stopping it."""

from __future__ import annotations

from localrouter import __version__
from localrouter.commands.registration.registry import Mutation, Params, View, command
from localrouter.commands.registration.services import Services, needed
from localrouter.commands.views.clients_and_strategies import LimitUsage, Reference, limit_usages, reference
from localrouter.commands.views.own_address import NetworkAddress, network_views
from localrouter.commands.views.providers import (
    CoolingView,
    ProviderStatus,
    cooling_views,
    look_up_keys,
    provider_views,
)
from localrouter.domain.configuration.config import (
    NOTICE_AT,
    Config,
    Desktop,
    Logging,
    LogLevel,
    Metrics,
    Name,
    Notices,
    OnClose,
    Server,
)
from localrouter.domain.configuration.edits import providers as provider_edits
from localrouter.domain.configuration.validation.references import reference_problems
from localrouter.domain.configuration.validation.unpriced import unpriced_problems
from localrouter.domain.events import Source

_NEEDS_RESTART = frozenset(("host", "port", "max_body_mb"))


class ServerFields(Params):
    """Changes to `server`."""

    host: Name | None = None
    port: int | None = None
    allowed_hosts: tuple[Name, ...] | None = None
    cors_origins: tuple[Name, ...] | None = None
    memory_mb: int | None = None
    max_body_mb: int | None = None


class DesktopFields(Params):
    """Changes to `desktop`."""

    on_close: OnClose | None = None


class NoticesFields(Params):
    """Changes to `notices`."""

    at: tuple[float, ...] | None = None


class LoggingFields(Params):
    """Changes to `logging`."""

    level: LogLevel | None = None
    access_log: bool | None = None
    retention_days: int | None = None


class MetricsFields(Params):
    """Changes to `metrics`."""

    retention_days: int | None = None
    max_mb: int | None = None


class UpdateServerConfig(Mutation):
    server: ServerFields | None = None
    notices: NoticesFields | None = None
    desktop: DesktopFields | None = None
    logging: LoggingFields | None = None
    metrics: MetricsFields | None = None


class NamedStatus(View):
    """A provider and its status."""

    name: str
    title: str
    local: bool
    status: ProviderStatus


class NearLimit(View):
    """A limit that reached the lowest share in `notices.at` (80% by default), counting what running requests
    reserve."""

    strategy: Reference
    limit: LimitUsage


class ServerStatusView(View):
    """The router's state. `url` is null if no instance is running. `network` lists the addresses at which other
    computers reach it, `problems` what needs attention, `reports` what was repaired or set aside automatically.
    `usage_lost` means that earlier usage is unknown and limits may therefore refuse requests; `usage_loss` says why,
    and acknowledge_usage_loss ends it. `command_line` is what to type in a terminal, followed by a verb, to run this
    program with this home. `notice_at` lists the shares of a limit at which people are told."""

    version: str
    home: str
    is_demo: bool
    command_line: str
    url: str | None
    network: tuple[NetworkAddress, ...]
    pid: int | None
    started_at: float | None
    revision: int
    clients: int
    strategies: int
    problems: tuple[str, ...]
    reports: tuple[str, ...]
    usage_lost: bool
    usage_loss: str | None
    providers: tuple[NamedStatus, ...]
    cooling: tuple[CoolingView, ...]
    near_limits: tuple[NearLimit, ...]
    notice_at: tuple[float, ...]


class ServerConfigResult(View):
    """The settings after the change. `needs_restart` says whether some of it takes effect only after a restart."""

    revision: int
    server: Server
    notices: Notices
    desktop: Desktop
    logging: Logging
    metrics: Metrics
    needs_restart: bool


class Acknowledged(View):
    """Whether limits still refuse requests because earlier usage is unknown."""

    usage_lost: bool


class Accepted(View):
    """The command was accepted and takes effect right after this answer."""

    accepted: bool


class Stopping(View):
    """The router stops after this answer, as soon as the running requests have finished, or after 10 seconds."""

    accepted: bool
    running_requests: int


@command("get_server_status", reads=(Source.CONFIG, Source.USAGE, Source.STATUS))
async def get_server_status(services: Services) -> ServerStatusView:
    """Return the router's state: where it runs, which providers answer, what is cooling and which limits are nearly
    used up."""
    await look_up_keys(services)
    config, serving = services.config, services.serving
    return ServerStatusView(
        version=__version__,
        home=services.home.shown,
        is_demo=services.home.is_demo,
        command_line=services.home.command_line,
        url=None if serving is None else serving.url,
        network=network_views(services),
        pid=None if serving is None else serving.pid,
        started_at=None if serving is None else serving.started_at,
        revision=config.revision,
        clients=len(config.clients),
        strategies=len(config.strategies),
        problems=_problems(services),
        reports=services.store.reports,
        usage_lost=services.ledger.usage_was_lost,
        usage_loss=services.ledger.loss,
        providers=tuple(
            NamedStatus(name=view.name, title=view.title, local=view.local, status=view.status)
            for view in provider_views(services)
        ),
        cooling=cooling_views(services),
        near_limits=_near_limits(services),
        notice_at=config.notices.at,
    )


@command("update_server_config")
async def update_server_config(services: Services, params: UpdateServerConfig) -> ServerConfigResult:
    """Change the given settings of `server`, `notices`, `desktop`, `logging` and `metrics`.

    Settings left out stay as they are; null resets a setting, or a whole section, to its default. A new host, port or
    max_body_mb takes effect after a restart; an address that cannot be listened on is refused.
    """
    before = services.config
    config = await services.commit(
        lambda config: _listenable(services, config, _with_sections(config, params)),
        expect_revision=params.expect_revision,
    )
    return ServerConfigResult(
        revision=config.revision,
        server=config.server,
        notices=config.notices,
        desktop=config.desktop,
        logging=config.logging,
        metrics=config.metrics,
        needs_restart=any(getattr(before.server, name) != getattr(config.server, name) for name in _NEEDS_RESTART),
    )


@command("acknowledge_usage_loss", reads=())
async def acknowledge_usage_loss(services: Services) -> Acknowledged:
    """Accept that earlier usage was lost: limits count from there as if nothing had been used before the loss."""
    services.ledger.acknowledge_loss()
    return Acknowledged(usage_lost=services.ledger.usage_was_lost)


@command("restart_server", reads=(), needs_running=True)
async def restart_server(services: Services) -> Accepted:
    """Restart the router. Running requests get up to 10 seconds to finish."""
    needed(services.restart, _not_running(services))()
    return Accepted(accepted=True)


@command("stop_server", reads=(), needs_running=True)
async def stop_server(services: Services) -> Stopping:
    """Stop the router and close its window, if it has one. Running requests get up to 10 seconds to finish."""
    stop = needed(services.stop, _not_running(services))
    running = 0 if services.in_flight is None else services.in_flight.count()
    stop()
    return Stopping(accepted=True, running_requests=running)


@command("show_window", reads=(), needs_running=True)
async def show_window(services: Services) -> Accepted:
    """Bring the desktop window to the front."""
    see = services.home.shell_command("open")
    needed(services.show_window, f"This LocalRouter runs without a window. Open its pages with: {see}")()
    return Accepted(accepted=True)


def _not_running(services: Services) -> str:
    return f"This needs a running LocalRouter. {services.start_hint}"


def _problems(services: Services) -> tuple[str, ...]:
    metrics = None if services.metrics is None else services.metrics.problem
    found = (services.store.problem, services.secrets.problem, services.ledger.problem, metrics)
    unpriced = unpriced_problems(services.config, services.catalog.prices(services.store.snapshot))
    return (*filter(None, found), *services.store.unresolved, *unpriced, *reference_problems(services.config))


def _near_limits(services: Services) -> tuple[NearLimit, ...]:
    near = min(services.config.notices.at, default=NOTICE_AT[0])
    return tuple(
        NearLimit(strategy=reference(strategy), limit=limit)
        for strategy in services.config.strategies
        for limit in limit_usages(services, strategy)
        if limit.used + limit.reserved >= near * limit.value
    )


def _listenable(services: Services, before: Config, after: Config) -> Config:
    """The configuration after a change. Refuses a new address that cannot be listened on."""
    old, new = before.server, after.server
    if services.try_address is not None and (old.host, old.port) != (new.host, new.port):
        services.try_address(new.host, new.port)
    return after


def _with_sections(config: Config, params: UpdateServerConfig) -> Config:
    sections: tuple[provider_edits.Section, ...] = ("server", "notices", "desktop", "logging", "metrics")
    for section in sections:
        if section not in params.model_fields_set:
            continue
        given: Params | None = getattr(params, section)
        names = type(getattr(config, section)).model_fields if given is None else given.model_fields_set
        changes = {name: given and getattr(given, name) for name in names}
        config = provider_edits.update_section(config, section, changes)
    return config
