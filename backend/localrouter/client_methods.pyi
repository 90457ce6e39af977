# ruff: noqa: E501
# fmt: off
"""The commands as methods, for editors and type checkers. Made by scripts/generate; do not edit.

A parameter that is left out stays as it is, None clears it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

class ClientMethods:
    def acknowledge_usage_loss(self) -> Any:
        """Accept that earlier usage was lost: limits count from there as if nothing had been used before the loss."""

    def assign_client_strategy(
        self,
        *,
        client_id: str,
        strategy_id: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Assign a strategy to a client.

        If the strategy belongs to another client, it becomes a shared one. The client keeps owning its previous strategy.
        """

    def clear_cooling(
        self,
        *,
        provider: str,
        model: str | None = ...,
    ) -> Any:
        """End the cooling of a provider and all its models, or of one model, so that the next request tries it again.

        The result lists what was cooling.
        """

    def compare_revision(
        self,
        *,
        revision: int,
    ) -> Any:
        """Return what restoring an earlier revision would change, without restoring it."""

    def create_client(
        self,
        *,
        name: str,
        strategy_id: str | None = ...,
        copy_of: str | None = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Create a client with its own key and its own strategy.

        With `strategy_id` it shares that strategy instead; with `copy_of` its own strategy starts as a copy of that one.
        The result is the only place where the key is shown: only its digest is stored.
        """

    def create_provider(
        self,
        *,
        name: str,
        preset: str,
        base_url: str | None = ...,
        enabled: bool = ...,
        key: str | None = ...,
        secret: str | None = ...,
        headers: Mapping[str, Any] = ...,
        models: Sequence[str] = ...,
        proxy: str | None = ...,
        ca_file: str | None = ...,
        api_version: str | None = ...,
        free: bool | None = ...,
        request_fields: Mapping[str, Any] = ...,
        timeouts: Mapping[str, Any] = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Add a provider.

        Give its key either as `key`, which is stored safely, or as `secret`, which refers to an environment variable
        (env:VARIABLE) or to a stored secret (store:NAME). `free` says whether its calls cost nothing; if left out, they do
        for known local servers at a loopback address.
        """

    def create_strategy(
        self,
        *,
        name: str,
        parent: str | None = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Create a strategy that allows every model, without auto-routing and without limits.

        With `parent`, a client, the strategy belongs to that client and is deleted with it.
        """

    def delete_client(
        self,
        *,
        client_id: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Delete a client and the strategies it owns.

        An owned strategy that another client uses is kept without an owner, and the result names it.
        """

    def delete_pricing_override(
        self,
        *,
        provider: str,
        model: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Delete your own price for a model. The price in its provider's list or in the packaged table applies again."""

    def delete_provider(
        self,
        *,
        name: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Delete a provider with its key and its other stored secrets.

        Strategies that name it are unchanged, and the router skips its models in them; the result lists these strategies.
        """

    def delete_provider_key(
        self,
        *,
        name: str,
        field: str = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Delete a provider's key, or the secret that `field` names: "headers.NAME" or "proxy".

        It cannot be recovered, not even by restoring an earlier revision.
        """

    def delete_strategy(
        self,
        *,
        strategy_id: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Delete a strategy that no client uses. The default strategy cannot be deleted."""

    def discover_local_providers(self) -> Any:
        """Find model servers that are running on this computer at their usual addresses."""

    def end_session(
        self,
        *,
        session_id: str,
    ) -> Any:
        """End a session: its browser tab has to sign in again."""

    def explain_route(
        self,
        *,
        model: str,
        client_id: str | None = ...,
        strategy_id: str | None = ...,
        request: Mapping[str, Any] | None = ...,
        endpoint: Literal["chat/completions", "completions", "embeddings", "count_tokens"] = ...,
    ) -> Any:
        """Explain how a request would be routed now, without calling any provider.

        Give either the client or the strategy. Candidates are listed in order, each with the reason why it would be
        skipped, if any, and the limits with what remains of them. A request with `input`, and without `messages`, is
        taken for one of OpenAI's responses.
        """

    def export_config(self) -> Any:
        """Return the configuration document alone, for saving to a file.

        It contains no keys: on another computer, providers' keys must be set again.
        """

    def get_client(
        self,
        *,
        client_id: str,
    ) -> Any:
        """Return one client with the strategy it uses."""

    def get_clients_using_strategy(
        self,
        *,
        strategy_id: str,
    ) -> Any:
        """List the clients that use a strategy."""

    def get_config(self) -> Any:
        """Return the whole configuration document with all findings about it."""

    def get_last_change(self) -> Any:
        """Return what the last change of the configuration was, and which revision undoes it; null before the first."""

    def get_limit_history(
        self,
        *,
        period: Literal["15m", "1h", "24h", "7d", "30d"],
        strategy_id: str | None = ...,
    ) -> Any:
        """Return how full the limits of a strategy, or of all strategies, were over a trailing period."""

    def get_metrics(
        self,
        *,
        scope: str,
        measure: Literal["requests", "successful_requests", "failed_requests", "denied_requests", "input_tokens", "output_tokens", "total_tokens", "cost_usd", "success_rate", "avg_latency_ms", "p50_latency_ms", "p95_latency_ms", "p99_latency_ms", "avg_first_token_ms"],
        since: float,
        until: float | None = ...,
        buckets: int = ...,
        compare: bool = ...,
    ) -> Any:
        """Return a measure over time, for a chart."""

    def get_request(
        self,
        *,
        request_id: str,
    ) -> Any:
        """Return one request with all its attempts and the explanation of its route."""

    def get_server_status(self) -> Any:
        """Return the router's state: where it runs, which providers answer, what is cooling and which limits are nearly
        used up.
        """

    def get_spend(
        self,
        *,
        period: Literal["15m", "1h", "24h", "7d", "30d"],
        by: Literal["model", "provider", "client", "strategy"] = ...,
        scope: str = ...,
        measure: Literal["cost_usd", "requests", "tokens"] = ...,
    ) -> Any:
        """Return usage over a trailing period, split by model, provider, client or strategy: cost, requests and tokens,
        paid and free, what was saved, failures by kind, and the period before.
        """

    def get_strategy(
        self,
        *,
        strategy_id: str,
    ) -> Any:
        """Return one strategy and its revision, with the clients that use it and how much of each limit is used."""

    def get_strategy_usage(
        self,
        *,
        strategy_id: str,
    ) -> Any:
        """Return how much of each of a strategy's limits is used: what its window counts, and what running requests
        reserve.

        Where a provider did not report usage, limits count more than metrics show.
        """

    def get_usage_summary(
        self,
        *,
        since: float,
        until: float | None = ...,
    ) -> Any:
        """Return totals over a period: of everything, and of each client, strategy, provider and model."""

    def import_config(
        self,
        *,
        document: Mapping[str, Any],
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Replace the whole configuration with the given document. The replaced one can be restored as an earlier revision.

        Clients that already exist here keep their keys, and a key that was rotated or deleted here stays refused.
        """

    def issue_session_code(
        self,
        *,
        as_file: bool = ...,
        port: int | None = ...,
    ) -> Any:
        """Create a one-time code that signs in a browser tab. It expires after 15 minutes, or 60 seconds with `as_file`."""

    def list_clients(self) -> Any:
        """List all clients, each with the strategy it uses."""

    def list_metric_scopes(
        self,
        *,
        tier: Literal["llm_global", "llm_key", "llm_provider", "llm_model", "llm_strategy"],
    ) -> Any:
        """List the scopes of a tier that have metrics, for use with `get_metrics`. Scopes of deleted clients and models
        remain.
        """

    def list_models(self) -> Any:
        """List all models that providers list or declare, in the providers' order, then by name."""

    def list_programs(
        self,
        *,
        address: str,
        model: str,
    ) -> Any:
        """List the programs that `localrouter launch` can start, and how each is pointed at the router."""

    def list_provider_presets(self) -> Any:
        """List the providers that the router knows, with what each needs and whether its key is in the environment."""

    def list_providers(self) -> Any:
        """List all providers with their status, in the order in which bare model names are looked up."""

    def list_requests(
        self,
        *,
        client_id: str | None = ...,
        strategy_id: str | None = ...,
        provider: str | None = ...,
        model: str | None = ...,
        outcome: Literal["success", "failed", "denied", "cancelled"] | None = ...,
        kind: Literal["rate_limited", "quota_exhausted", "overloaded", "policy_violation", "context_length_exceeded", "unreachable", "unsupported", "auth", "not_found", "server_error", "invalid_request", "cancelled"] | None = ...,
        since: float | None = ...,
        until: float | None = ...,
        cursor: str | None = ...,
        limit: int = ...,
    ) -> Any:
        """List recorded requests, newest first. Filters left out match every request; `provider`, `model` and `kind` match
        every request that had such an attempt, whoever served it in the end.
        """

    def list_revisions(self) -> Any:
        """List the configuration revisions that can be restored, newest first."""

    def list_running_requests(
        self,
        *,
        limit: int = ...,
    ) -> Any:
        """List the requests that are being served now, longest-running first, each with its route so far."""

    def list_sessions(self) -> Any:
        """List the browser tabs that are signed in, most recently used first."""

    def list_strategies(self) -> Any:
        """List all strategies, with the clients that use them and how much of each limit is used."""

    def refresh_models(
        self,
        *,
        provider: str | None = ...,
    ) -> Any:
        """Fetch the model lists again, from one provider or from all enabled ones."""

    def rename_strategy(
        self,
        *,
        strategy_id: str,
        name: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Rename a strategy. This makes a client's own strategy a shared one."""

    def restart_server(self) -> Any:
        """Restart the router. Running requests get up to 10 seconds to finish."""

    def restore_revision(
        self,
        *,
        revision: int,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Restore an earlier revision of the configuration, as a new revision. A restore can itself be undone by restoring.

        Keys are not restored: clients keep their current ones, and deleted keys stay deleted. A client deleted in the
        meantime comes back disabled and without a key. The result lists who needs a key.
        """

    def rotate_admin_token(self) -> Any:
        """Replace the admin token, and end all sessions and codes. Scripts read the new token from its file."""

    def rotate_client_key(
        self,
        *,
        client_id: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Give a client a new key. The old key is refused from then on."""

    def set_pricing_override(
        self,
        *,
        provider: str,
        model: str,
        input_per_million: float,
        output_per_million: float,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Set your own price for a model. It overrides every list and table."""

    def set_provider_key(
        self,
        *,
        name: str,
        key: str,
        field: str = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Store a provider's key in the system's keychain or in a private file. It is never shown again.

        The key is bound to the provider's current address, proxy and `ca_file`: if one of these changes, it is no longer
        sent until you set it again. To store another of the provider's secrets, set `field` to "headers.NAME" or "proxy".
        """

    def show_window(self) -> Any:
        """Bring the desktop window to the front."""

    def stop_server(self) -> Any:
        """Stop the router and close its window, if it has one. Running requests get up to 10 seconds to finish."""

    def test_provider(
        self,
        *,
        name: str,
    ) -> Any:
        """Test a provider by asking for its models with its key.

        The result says what was sent, how it ended and what to do about a failure.
        """

    def update_client(
        self,
        *,
        client_id: str,
        name: str | None = ...,
        enabled: bool | None = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Rename, enable or disable a client. Its own strategy is renamed with it, unless somebody has already renamed
        that.
        """

    def update_provider(
        self,
        *,
        name: str,
        new_name: str | None = ...,
        preset: str | None = ...,
        base_url: str | None = ...,
        enabled: bool | None = ...,
        secret: str | None = ...,
        headers: Mapping[str, Any] | None = ...,
        models: Sequence[str] | None = ...,
        proxy: str | None = ...,
        ca_file: str | None = ...,
        api_version: str | None = ...,
        free: bool | None = ...,
        request_fields: Mapping[str, Any] | None = ...,
        timeouts: Mapping[str, Any] | None = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Change the given fields of a provider.

        Fields left out stay as they are; null resets a field to its default. With `new_name`, every reference to the
        provider is renamed too. The provider's health is reset, and stored secrets that nothing refers to any more are
        deleted.
        """

    def update_server_config(
        self,
        *,
        server: Mapping[str, Any] | None = ...,
        notices: Mapping[str, Any] | None = ...,
        desktop: Mapping[str, Any] | None = ...,
        logging: Mapping[str, Any] | None = ...,
        metrics: Mapping[str, Any] | None = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Change the given settings of `server`, `notices`, `desktop`, `logging` and `metrics`.

        Settings left out stay as they are; null resets a setting, or a whole section, to its default. A new host, port or
        max_body_mb takes effect after a restart; an address that cannot be listened on is refused.
        """

    def update_strategy(
        self,
        *,
        strategy_id: str,
        name: str | None = ...,
        allowed_models: Mapping[str, Any] | None = ...,
        auto_config: Mapping[str, Any] | None = ...,
        rate_limits: Sequence[Mapping[str, Any]] | None = ...,
        aliases: Sequence[Sequence[Any]] | None = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Change the given fields of a strategy.

        Fields left out stay as they are; null resets a field to its default. Lists are replaced as a whole. An alias is
        [name, model]; a name that ends in * takes all that begin alike. Renaming a client's own strategy makes it a shared
        one.
        """

    def validate_config(
        self,
        *,
        document: Mapping[str, Any],
    ) -> Any:
        """Check a configuration document without applying it."""
