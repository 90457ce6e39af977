# ruff: noqa: E501
# fmt: off
"""The commands as methods, for editors and type checkers. Made by scripts/generate; do not edit.

A parameter that is left out stays as it is, None clears it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

class ClientMethods:
    def acknowledge_usage_loss(self) -> Any:
        """Let limits go on although earlier usage was lost, as if nothing had been used before the loss."""

    def assign_client_strategy(
        self,
        *,
        client_id: str,
        strategy_id: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Let a client use a strategy.

        Another client's own strategy becomes a shared one by that. The client's former own strategy stays, still owned.
        """

    def clear_cooling(
        self,
        *,
        provider: str,
        model: str | None = ...,
    ) -> Any:
        """Try again now: forget that a provider with all its models, or one model of it, is left alone after failures.

        The answer lists what was cooling.
        """

    def create_client(
        self,
        *,
        name: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Create a client with a key and a strategy of its own.

        The key is in the answer and nowhere else: only its digest is stored.
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
        timeouts: Mapping[str, Any] = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Add a provider.

        Its key is given as `key`, which is stored safely, or as `secret`, which names an environment variable
        (env:VARIABLE) or a stored secret (store:NAME). `free` says whether its calls cost nothing; left out, that is so for
        known local servers at a loopback address.
        """

    def create_strategy(
        self,
        *,
        name: str,
        parent: str | None = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Create a strategy: every model, no auto-routing, no limits.

        With a parent (a client) it is that client's own and is deleted together with it.
        """

    def delete_client(
        self,
        *,
        client_id: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Delete a client and the strategies that it owns.

        An owned strategy that another client uses stays and belongs to nobody from then on; the answer names it.
        """

    def delete_pricing_override(
        self,
        *,
        provider: str,
        model: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Delete your own price of a model: what its provider's list or the packaged table says holds again."""

    def delete_provider(
        self,
        *,
        name: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Delete a provider, its key and what else was stored for it.

        Strategies that name it stay as they are, and the router skips what they name; the answer lists them.
        """

    def delete_provider_key(
        self,
        *,
        name: str,
        field: str = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Forget a provider's key, or what else `field` names: "headers.NAME" or "proxy".

        It cannot be brought back, not even by restoring an earlier revision.
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
        """Find the model servers that run on this computer, at the addresses where they usually are."""

    def end_session(
        self,
        *,
        session_id: str,
    ) -> Any:
        """End one session: its tab has to be let in anew."""

    def explain_route(
        self,
        *,
        model: str,
        client_id: str | None = ...,
        strategy_id: str | None = ...,
        request: Mapping[str, Any] | None = ...,
        endpoint: Literal["chat/completions", "completions", "embeddings"] = ...,
    ) -> Any:
        """Explain what would happen to a request now, without calling any provider.

        Give the client or the strategy that it is sent with. The candidates come in order, each with the reason why it
        would be skipped, and the limits with what is left of them.
        """

    def export_config(self) -> Any:
        """The configuration document alone, for a file. No key is in it: providers' keys must be set again elsewhere."""

    def get_client(
        self,
        *,
        client_id: str,
    ) -> Any:
        """One client, with the strategy that it uses."""

    def get_clients_using_strategy(
        self,
        *,
        strategy_id: str,
    ) -> Any:
        """The clients that use a strategy."""

    def get_config(self) -> Any:
        """The whole configuration document, with every remark about it."""

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
        """A measure over time, for a chart."""

    def get_request(
        self,
        *,
        request_id: str,
    ) -> Any:
        """One request with every call that it took, and the explanation of its route."""

    def get_server_status(self) -> Any:
        """How the router does: where it runs, which providers answer, what is cooling, and which limits are near."""

    def get_strategy(
        self,
        *,
        strategy_id: str,
    ) -> Any:
        """One strategy, with the clients that use it and how full its limits are, and the revision that it is of."""

    def get_strategy_usage(
        self,
        *,
        strategy_id: str,
    ) -> Any:
        """How full each limit of a strategy is: what was counted in its window, and what running requests hold of it. Where
        a provider did not tell what a call used, more is counted than the metrics show as used.
        """

    def get_usage_summary(
        self,
        *,
        since: float,
        until: float | None = ...,
    ) -> Any:
        """Sums over a stretch of time: of everything, and of each client, strategy, provider and model."""

    def import_config(
        self,
        *,
        document: Mapping[str, Any],
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Replace the whole configuration by a document. The former one can be restored as an earlier revision.

        Clients that are known here keep their keys, and a key that was rotated or deleted here stays refused.
        """

    def issue_session_code(
        self,
        *,
        as_file: bool = ...,
        port: int | None = ...,
    ) -> Any:
        """Make a code that lets a browser's tab in, once, within 15 minutes (as a file: within one)."""

    def list_clients(self) -> Any:
        """All clients, each with the strategy that it uses."""

    def list_metric_scopes(
        self,
        *,
        tier: Literal["llm_global", "llm_key", "llm_provider", "llm_model", "llm_strategy"],
    ) -> Any:
        """The scopes of a tier that have metrics, for `get_metrics`. They outlive the clients and models they are of."""

    def list_models(self) -> Any:
        """All models that the providers list or declare, in the providers' order, then by name."""

    def list_provider_presets(self) -> Any:
        """The providers that the router knows, with what each needs and whether its key is in the environment."""

    def list_providers(self) -> Any:
        """All providers in the order in which bare model names are looked up, each with its status."""

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
        """Recorded requests, the newest first. What is not given restricts nothing."""

    def list_revisions(self) -> Any:
        """The revisions of the configuration that can be restored, the newest first."""

    def list_running_requests(
        self,
        *,
        limit: int = ...,
    ) -> Any:
        """The requests that are being served now, those that run longest first, each with its route so far."""

    def list_sessions(self) -> Any:
        """The tabs that are in, the one that was used last first."""

    def list_strategies(self) -> Any:
        """All strategies, with the clients that use them and how full their limits are."""

    def refresh_models(
        self,
        *,
        provider: str | None = ...,
    ) -> Any:
        """Fetch the lists of models anew, of one provider or of all that are enabled."""

    def rename_strategy(
        self,
        *,
        strategy_id: str,
        name: str,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Give a strategy another name. A client's own strategy becomes a shared one by that."""

    def restart_server(self) -> Any:
        """Restart the router. Running requests may finish first, for up to ten seconds."""

    def restore_revision(
        self,
        *,
        revision: int,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Make an earlier revision of the configuration the next one. Restoring can be undone in the same way.

        Keys do not come back: clients keep those of now, and what was deleted stays deleted. A client that was deleted
        since is back disabled and without a key. The answer says who needs one.
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
        """Give a client a new key. The former one is refused from then on."""

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
        """Set your own price of a model. It comes before what any list or table says."""

    def set_provider_key(
        self,
        *,
        name: str,
        key: str,
        field: str = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Store a provider's key. It is kept in the system's keychain or a private file, and never shown again.

        It is bound to the address, proxy and `ca_file` that the provider has now: where these change, it is not sent any
        more until it is set again. `field` names another secret of the provider: "headers.NAME" or "proxy".
        """

    def show_window(self) -> Any:
        """Bring the desktop window to the front."""

    def stop_server(self) -> Any:
        """End the router, and its window where it has one. Running requests may finish first, for up to ten seconds."""

    def test_provider(
        self,
        *,
        name: str,
    ) -> Any:
        """Ask a provider for its models, with its key: says what was tried, what came of it, and what to do."""

    def update_client(
        self,
        *,
        client_id: str,
        name: str | None = ...,
        enabled: bool | None = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Rename a client, or enable or disable it. Its own strategy follows the name as long as nobody renamed it."""

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
        timeouts: Mapping[str, Any] | None = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Change the given fields of a provider.

        What is not given stays as it is; null sets a field back to its default. Everything that names the provider
        follows a `new_name`. What is known of its health is forgotten, and a stored secret that nothing refers to any more
        is deleted.
        """

    def update_server_config(
        self,
        *,
        server: Mapping[str, Any] | None = ...,
        desktop: Mapping[str, Any] | None = ...,
        logging: Mapping[str, Any] | None = ...,
        metrics: Mapping[str, Any] | None = ...,
        expect_revision: int | None = ...,
        idempotency_key: str | None = ...,
    ) -> Any:
        """Change the given settings of `server`, `desktop`, `logging` and `metrics`.

        What is not given stays as it is; null sets a setting, or a whole section, back to its default. Another host,
        port or max_body_mb acts after a restart; one that cannot be listened on is refused.
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

        What is not given stays as it is; null sets a field back to its default. Lists are replaced as a whole. A changed
        name makes a client's own strategy a shared one.
        """

    def validate_config(
        self,
        *,
        document: Mapping[str, Any],
    ) -> Any:
        """Judge a configuration document without using it."""
