// The commands of LocalRouter and their types. Made by scripts/generate; do not edit.
// A parameter that is left out stays as it is, null clears it.

/** It will be done at once, after this answer. */
export interface Accepted {
  accepted: boolean;
}

/** Whether limits still hold back since earlier usage is unknown. */
export interface Acknowledged {
  usage_lost: boolean;
}

/** A client with the strategy that it uses from now on. */
export interface AssignedStrategy {
  revision: number;
  client: ClientView;
  strategy: StrategyView;
}

/** One call of one model; `kind` is null where it answered. */
export interface AttemptView {
  provider: string;
  model: string;
  kind: FailureKind | null;
  status: number | null;
  message: string | null;
  started_at: number;
  duration_ms: number;
  first_token_ms: number | null;
  usage: UsageView;
}

/** What `localrouter/auto` does. `available_models` is the editor's parking list; the router never reads it. */
export interface AutoModelConfigInput {
  enabled?: boolean;
  prioritized_models?: [string, string][];
  available_models?: [string, string][];
  fallback_on?: FailureKind[];
  retry?: RetryPolicyInput;
  first_token_timeout?: number;
}

/** What `localrouter/auto` does. `available_models` is the editor's parking list; the router never reads it. */
export interface AutoModelConfig {
  enabled: boolean;
  prioritized_models: [string, string][];
  available_models: [string, string][];
  fallback_on: FailureKind[];
  retry: RetryPolicy;
  first_token_timeout: number;
}

/** Which models may be used: all of them, whole providers, or single `[provider, model]` pairs. */
export interface AvailableModelsSelectionInput {
  selected_all?: boolean;
  selected_providers?: string[];
  selected_models?: [string, string][];
}

/** Which models may be used: all of them, whole providers, or single `[provider, model]` pairs. */
export interface AvailableModelsSelection {
  selected_all: boolean;
  selected_providers: string[];
  selected_models: [string, string][];
}

/** What a request can need of a model beyond plain text. */
export type Capability = "tools" | "images" | "json_schema";

/** A measure over time, a point every `width` seconds. `previous` is the stretch of time right before. */
export interface ChartView {
  scope: string;
  measure: Measure;
  width: number;
  points: PointView[];
  total: number | null;
  previous: PointView[];
  previous_total: number | null;
}

/** What was cooling until now; each is tried again by the next request. */
export interface ClearedCooling {
  cleared: CoolingView[];
}

/**
 * A program with a key of its own. Only the key's SHA-256 and its last four characters are kept.
 *
 * `lost_strategy_id` is what it used before that strategy was found to be gone. It was disabled then, and this stays
 * until it is enabled or given a strategy.
 */
export interface Client {
  id: string;
  name: string;
  enabled: boolean;
  strategy_id: string | null;
  lost_strategy_id: string | null;
  created_at: string;
  key_digest: string;
  key_hint: string;
  routing_config: Record<string, unknown> | null;
}

/** A client as it is after the change. */
export interface ClientResult {
  revision: number;
  client: ClientView;
}

/**
 * A client. `key_hint` is the end of its key; the key itself is not kept. Without a key nobody can use it.
 *
 * `lost_strategy_id` is the strategy that it used before that was gone: it was disabled then, until it is enabled or
 * another strategy is assigned.
 */
export interface ClientView {
  id: string;
  name: string;
  enabled: boolean;
  strategy_id: string;
  strategy_name: string;
  created_at: string;
  key_hint: string;
  has_key: boolean;
  lost_strategy_id: string | null;
}

/**
 * The whole document. `revision` grows by one with every commit.
 *
 * `retired_keys` are the digests of keys that were rotated or whose client was deleted: they never work again.
 */
export interface Config {
  version: number;
  revision: number;
  server: Server;
  desktop: Desktop;
  logging: Logging;
  metrics: Metrics;
  providers: Provider[];
  clients: Client[];
  strategies: Strategy[];
  pricing_overrides: PricingOverride[];
  retired_keys: string[];
}

/** The whole document. Keys are not in it: of clients' keys it holds digests, of providers' where they are kept. */
export interface ConfigView {
  revision: number;
  document: Config;
  findings: FindingView[];
}

/**
 * What is left alone for a while after a failure; the whole provider where `model` and `endpoint` are null.
 * `remedy` is what to type in a shell so that it is tried again at once.
 */
export interface CoolingView {
  provider: string;
  model: string | null;
  endpoint: Endpoint | null;
  kind: FailureKind;
  message: string;
  until: string;
  remedy: string;
}

/**
 * What limits count of a request or an attempt whose provider did not tell what it used: at least what was held for
 * it. The total is counted by itself, and may be less than input and output together.
 */
export interface CountedView {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  cost_usd: number;
}

/** A new client with its own strategy. `key` is shown this once and cannot be shown again. */
export interface CreatedClient {
  revision: number;
  client: ClientView;
  strategy: StrategyView;
  key: string;
}

/** The client that is no more, the strategies that went with it, and those that stay since others use them. */
export interface DeletedClient {
  revision: number;
  client: Reference;
  deleted_strategies: Reference[];
  released_strategies: Reference[];
}

/** The provider without its key. `key_deleted` is false where there was none, or another provider uses it too. */
export interface DeletedKey {
  revision: number;
  provider: ProviderView;
  key_deleted: boolean;
}

/** The model whose own price is gone: what its provider's list or the packaged table says holds again. */
export interface DeletedPricingOverride {
  revision: number;
  provider: string;
  model: string;
}

/** The provider that is no more. The strategies that name it stay as they are: the router skips what they name. */
export interface DeletedProvider {
  revision: number;
  provider: string;
  key_deleted: boolean;
  strategies_naming_it: Reference[];
}

/** The strategy that is no more. */
export interface DeletedStrategy {
  revision: number;
  strategy: Reference;
}

export interface Desktop {
  on_close: OnClose;
}

/** Changes of `desktop`. */
export interface DesktopFields {
  on_close?: OnClose | null;
}

/** The session that has ended. */
export interface EndedSession {
  session_id: string;
}

export type Endpoint = "chat/completions" | "completions" | "embeddings";

export type FailureKind =
  | "rate_limited"
  | "quota_exhausted"
  | "overloaded"
  | "policy_violation"
  | "context_length_exceeded"
  | "unreachable"
  | "unsupported"
  | "auth"
  | "not_found"
  | "server_error"
  | "invalid_request"
  | "cancelled";

/** A remark, and where it stands. */
export interface FindingView {
  path: string;
  message: string;
  severity: Severity;
}

/**
 * The document that is in force now; `healed` is what was put right in it, `about_keys` says which clients keep
 * the keys that they had and which have none.
 */
export interface ImportedConfig {
  revision: number;
  document: Config;
  healed: string[];
  about_keys: string[];
  findings: FindingView[];
}

/** Whether a document can be used, and every remark about it; `healed` is what would be put right. */
export interface Judgement {
  valid: boolean;
  findings: FindingView[];
  healed: string[];
}

export type KeySource = "none" | "stored" | "environment";

export type LimitMode = "soft" | "strict";

export type LimitType = "requests" | "input_tokens" | "output_tokens" | "total_tokens" | "cost";

/**
 * How full a limit is, in its own unit: requests, tokens, or USD. `resets_at` is when there begins to be more room;
 * null where nothing was used of it.
 */
export interface LimitUsage {
  limit_type: LimitType;
  time_window: RateLimitTimeWindow;
  mode: LimitMode;
  value: number;
  used: number;
  reserved: number;
  remaining: number;
  resets_at: string | null;
}

/** A model server that answers on this computer. `provider` is the one that is configured with its address. */
export interface LocalServer {
  preset: string;
  title: string;
  base_url: string;
  models: string[];
  provider: string | null;
}

export type LogLevel = "debug" | "info" | "warning" | "error";

export interface Logging {
  level: LogLevel;
  access_log: boolean;
  retention_days: number;
}

/** Changes of `logging`. */
export interface LoggingFields {
  level?: LogLevel | null;
  access_log?: boolean | null;
  retention_days?: number | null;
}

/** What a chart can show. The names are those of the view's columns, where it has them. */
export type Measure =
  | "requests"
  | "successful_requests"
  | "failed_requests"
  | "denied_requests"
  | "input_tokens"
  | "output_tokens"
  | "total_tokens"
  | "cost_usd"
  | "success_rate"
  | "avg_latency_ms"
  | "p50_latency_ms"
  | "p95_latency_ms"
  | "p99_latency_ms"
  | "avg_first_token_ms";

export interface Metrics {
  retention_days: number;
  max_mb: number;
}

/** Changes of `metrics`. */
export interface MetricsFields {
  retention_days?: number | null;
  max_mb?: number | null;
}

/**
 * What is known of a model. Null is unknown, never 0. Prices are in USD per million tokens.
 *
 * `capabilities` are all that it is not known to lack, `confirmed` the part of them that a source names.
 */
export interface ModelView {
  id: string;
  provider: string;
  name: string;
  enabled: boolean;
  local: boolean;
  context_window: number | null;
  max_output_tokens: number | null;
  input_per_million: number | null;
  output_per_million: number | null;
  price_source: PriceSource | null;
  capabilities: Capability[] | null;
  confirmed: Capability[];
  reasons: boolean | null;
  table_date: string | null;
  list_age_seconds: number | null;
}

/** A provider and how it does. */
export interface NamedStatus {
  name: string;
  title: string;
  local: boolean;
  status: ProviderStatus;
}

/** A limit of which four fifths or more are taken. */
export interface NearLimit {
  strategy: Reference;
  limit: LimitUsage;
}

/**
 * An address that other computers can use. One whose host is not served yet is refused there (421) until it is
 * added to `server.allowed_hosts`, which `remedy` does in a shell.
 */
export interface NetworkAddress {
  url: string;
  is_served: boolean;
  remedy: string | null;
}

export type OnClose = "ask" | "keep_serving" | "quit";

export type Outcome = "success" | "failed" | "denied" | "cancelled";

/** One bucket of a chart, from `timestamp` on; `value` is null where it is unknown. */
export interface PointView {
  timestamp: number;
  value: number | null;
}

/** A known provider's defaults. One without an address needs a `base_url`. */
export interface PresetView {
  name: string;
  title: string;
  base_url: string | null;
  local: boolean;
  needs_key: boolean;
  key_variable: string | null;
  key_in_environment: boolean;
  starter_model: string | null;
}

export type PriceSource = "override" | "list" | "table" | "free" | "local";

/** The user's own price of a model, in USD per million tokens. */
export interface PricingOverride {
  provider: string;
  model: string;
  input_per_million: number;
  output_per_million: number;
}

/** The user's own price of a model, in USD per million tokens. */
export interface PricingOverrideResult {
  revision: number;
  pricing_override: PricingOverride;
}

/**
 * A configured account or local server. `secret` is `store:NAME` or `env:VARIABLE`, never the key.
 *
 * `free` says whether its calls cost nothing; None leaves that to the preset and the address.
 */
export interface Provider {
  name: string;
  preset: string;
  base_url: string | null;
  enabled: boolean;
  secret: string | null;
  headers: Record<string, string>;
  models: string[];
  proxy: string | null;
  ca_file: string | null;
  api_version: string | null;
  free: boolean | null;
  timeouts: Timeouts;
}

/** A provider as it is after the change; `notes` say what was understood otherwise than it was given. */
export interface ProviderResult {
  revision: number;
  provider: ProviderView;
  notes: string[];
}

export type ProviderState =
  | "ready"
  | "disabled"
  | "no_key"
  | "key_out_of_reach"
  | "key_elsewhere"
  | "cooling"
  | "failing"
  | "unknown";

/** How a provider does, and what to do about it where something can be done. */
export interface ProviderStatus {
  state: ProviderState;
  message: string;
  advice: string | null;
  until: string | null;
}

/** What came of asking a provider for its models, and what to do about it. */
export interface ProviderTest {
  provider: string;
  answers: boolean;
  tried: string;
  key_source: KeySource;
  ms: number;
  models: number;
  first_models: string[];
  kind: FailureKind | null;
  status: number | null;
  message: string;
  advice: string | null;
}

/**
 * A provider. `address` is where requests go; `secret` says where the key is kept, and is not the key.
 *
 * `free` is what the owner says of its price, null where he has said nothing; `is_free` whether its calls cost nothing
 * as it stands, `asks_if_free` that only he can tell.
 */
export interface ProviderView {
  name: string;
  preset: string;
  title: string;
  address: string;
  base_url: string | null;
  local: boolean;
  enabled: boolean;
  has_key: boolean;
  key_source: KeySource;
  secret: string | null;
  headers: Record<string, string>;
  models: string[];
  proxy: string | null;
  ca_file: string | null;
  api_version: string | null;
  free: boolean | null;
  is_free: boolean;
  asks_if_free: boolean;
  timeouts: Timeouts;
  status: ProviderStatus;
  cooling: CoolingView[];
  listed_models: number;
  list_age_seconds: number | null;
  findings: FindingView[];
}

export type RateLimitTimeWindow = "minute" | "hour" | "day" | "month";

/** A client or a strategy, by its id and its name. */
export interface Reference {
  id: string;
  name: string;
}

/** A provider's list after the refresh; `problem` says why there is no newer one. */
export interface RefreshedList {
  provider: string;
  models: number;
  list_age_seconds: number | null;
  problem: string | null;
}

/** A request with every call that it took, and the explanation of its route; null where that is no longer kept. */
export interface RequestDetails {
  request: RequestView;
  attempts: AttemptView[];
  trace: Record<string, unknown> | null;
}

/** Requests, the newest first. `next_cursor` leads to older ones; null on the last page. */
export interface RequestPage {
  items: RequestView[];
  next_cursor: string | null;
}

/** What a running request does at this moment. */
export type RequestPhase = "waiting" | "pausing" | "calling" | "streaming";

/**
 * One request, from its arrival to its record. `recovered`: the router was killed before it had written the record,
 * which tells what the limits' journal knew. `error` is what its client was told instead of an answer, or at the end
 * of one that broke off.
 */
export interface RequestView {
  request_id: string;
  started_at: number;
  client_id: string;
  strategy_id: string;
  endpoint: string;
  model_asked: string;
  provider_served: string | null;
  model_served: string | null;
  outcome: Outcome;
  kind: FailureKind | null;
  status: number;
  error: ToldError | null;
  streamed: boolean;
  duration_ms: number;
  first_token_ms: number | null;
  overhead_ms: number;
  usage: UsageView;
  recovered: boolean;
}

/**
 * The new revision with the content of an earlier one, but for keys, of which `about_keys` tells in words.
 *
 * Clients keep the keys of now. Keys that were deleted stay deleted: set them again for the providers in
 * `providers_without_key`, and give new ones to the clients in `clients_without_key`.
 */
export interface RestoredRevision {
  revision: number;
  restored: number;
  providers_without_key: string[];
  clients_without_key: Reference[];
  about_keys: string[];
}

/** `attempts` further calls of the same model, each after at most `max_wait` seconds. */
export interface RetryPolicyInput {
  attempts?: number;
  max_wait?: number;
}

/** `attempts` further calls of the same model, each after at most `max_wait` seconds. */
export interface RetryPolicy {
  attempts: number;
  max_wait: number;
}

/** A revision that can be restored; `changed` names the sections in which it differs from the one before. */
export interface RevisionView {
  revision: number;
  made_at: string;
  changed: string[];
  is_current: boolean;
}

/** Where the new admin token stands, and how many sessions have ended. */
export interface RotatedAdminToken {
  token_file: string;
  ended_sessions: number;
}

/** A client with its new key, which is shown this once and cannot be shown again. */
export interface RotatedKey {
  revision: number;
  client: ClientView;
  key: string;
}

/**
 * A request that is being served. `started_at` is Unix time. `model` is `provider/name` of the one that is being
 * called, after so many `attempts`; `trace` explains its route so far, in the shape that `get_request` has.
 */
export interface RunningRequest {
  request_id: string;
  started_at: number;
  duration_ms: number;
  client_id: string;
  strategy_id: string;
  endpoint: string;
  model_asked: string;
  streamed: boolean;
  doing: RequestPhase;
  model: string | null;
  attempts: number;
  trace: Record<string, unknown>;
}

export interface ScopeTotals {
  scope: string;
  totals: TotalsView;
}

export interface Server {
  host: string;
  port: number;
  allowed_hosts: string[];
  cors_origins: string[];
  memory_mb: number | null;
  max_body_mb: number;
}

/** The settings as they are after the change; some act after a restart only. */
export interface ServerConfigResult {
  revision: number;
  server: Server;
  desktop: Desktop;
  logging: Logging;
  metrics: Metrics;
  needs_restart: boolean;
}

/** Changes of `server`. */
export interface ServerFields {
  host?: string | null;
  port?: number | null;
  allowed_hosts?: string[] | null;
  cors_origins?: string[] | null;
  memory_mb?: number | null;
  max_body_mb?: number | null;
}

/**
 * How the router does. `url` is null where no instance runs; `network` is where other
 * computers reach it, `problems` are what needs attention. `usage_loss` says
 * why limits hold back, since nobody knows what was used (`usage_lost`): acknowledge_usage_loss lets them go on.
 * `command_line` is what a user types in a terminal to run this program with this home; a verb follows it.
 */
export interface ServerStatusView {
  version: string;
  home: string;
  is_demo: boolean;
  command_line: string;
  url: string | null;
  network: NetworkAddress[];
  pid: number | null;
  started_at: number | null;
  revision: number;
  clients: number;
  strategies: number;
  problems: string[];
  reports: string[];
  usage_lost: boolean;
  usage_loss: string | null;
  providers: NamedStatus[];
  cooling: CoolingView[];
  near_limits: NearLimit[];
}

/** A code, and the pages' address with it. Where a file was asked for, `file` is its path. */
export interface SessionCode {
  code: string;
  address: string;
  expires_at: string;
  file: string | null;
}

/** A browser's tab that got in. `browser` is what it calls itself. */
export interface SessionView {
  session_id: string;
  browser: string;
  made_at: string;
  last_used_at: string;
  expires_at: string;
}

export type Severity = "error" | "warning" | "note";

/** The router ends after this answer, once the requests that still run have finished, or after ten seconds. */
export interface Stopping {
  accepted: boolean;
  running_requests: number;
}

/** A named, reusable routing configuration. `parent` is the id of the client that owns it. */
export interface Strategy {
  id: string;
  name: string;
  parent: string | null;
  allowed_models: AvailableModelsSelection;
  auto_config: AutoModelConfig | null;
  rate_limits: StrategyRateLimit[];
  aliases: [string, string][];
}

/** A strategy as it is at `revision`, which a change to it can be bound to with `expect_revision`. */
export interface StrategyAtRevision {
  id: string;
  name: string;
  parent: string | null;
  is_default: boolean;
  allowed_models: AvailableModelsSelection;
  auto_config: AutoModelConfig | null;
  rate_limits: StrategyRateLimit[];
  aliases: [string, string][];
  clients: Reference[];
  usage: LimitUsage[];
  findings: FindingView[];
  revision: number;
}

/** At most `value` (requests, tokens, or USD for cost) in every trailing `time_window`. */
export interface StrategyRateLimitInput {
  limit_type: LimitType;
  value: number;
  time_window: RateLimitTimeWindow;
  mode?: LimitMode;
}

/** At most `value` (requests, tokens, or USD for cost) in every trailing `time_window`. */
export interface StrategyRateLimit {
  limit_type: LimitType;
  value: number;
  time_window: RateLimitTimeWindow;
  mode: LimitMode;
}

/** A strategy as it is after the change. */
export interface StrategyResult {
  revision: number;
  strategy: StrategyView;
}

/** A strategy. `usage` tells of each of its `rate_limits`, in the same order; paths in `findings` start in it. */
export interface StrategyView {
  id: string;
  name: string;
  parent: string | null;
  is_default: boolean;
  allowed_models: AvailableModelsSelection;
  auto_config: AutoModelConfig | null;
  rate_limits: StrategyRateLimit[];
  aliases: [string, string][];
  clients: Reference[];
  usage: LimitUsage[];
  findings: FindingView[];
}

/** Who sums are kept for. The value is the first part of a scope's key. */
export type Tier = "llm_global" | "llm_key" | "llm_provider" | "llm_model" | "llm_strategy";

/** Deadlines for a provider's answer, in seconds. */
export interface TimeoutsInput {
  connect?: number;
  first_byte?: number;
  first_token?: number;
  idle?: number;
  total?: number;
}

/** Deadlines for a provider's answer, in seconds. */
export interface Timeouts {
  connect: number;
  first_byte: number;
  first_token: number;
  idle: number;
  total: number;
}

/** The error that a client was answered with. */
export interface ToldError {
  code: string | null;
  message: string;
}

/** Sums. `cost_usd` is null where no price was known. */
export interface TotalsView {
  requests: number;
  successful_requests: number;
  failed_requests: number;
  cancelled_requests: number;
  denied_requests: number;
  unpriced_requests: number;
  estimated_requests: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  reasoning_tokens: number;
  cost_usd: number | null;
  success_rate: number | null;
  avg_latency_ms: number | null;
  p50_latency_ms: number | null;
  p95_latency_ms: number | null;
  p99_latency_ms: number | null;
}

/** Sums over a stretch of time, of everything and of every scope that has any. */
export interface UsageSummaryView {
  since: number;
  until: number;
  total: TotalsView;
  scopes: ScopeTotals[];
}

/**
 * Tokens and cost as they are known and billed. `estimated` marks tokens that the provider did not tell, or told so
 * that it cannot be true; `counted` is what limits count instead, null where they count the same.
 */
export interface UsageView {
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  reasoning_tokens: number;
  estimated: boolean;
  unpriced: boolean;
  cost_usd: number;
  counted: CountedView | null;
}

export interface AssignClientStrategyParams {
  /** The client's id or name. */
  client_id: string;
  /** The strategy's id or name. */
  strategy_id: string;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface ClearCoolingParams {
  provider: string;
  model?: string | null;
}

export interface CreateClientParams {
  name: string;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface CreateProviderParams {
  name: string;
  preset: string;
  base_url?: string | null;
  enabled?: boolean;
  key?: string | null;
  secret?: string | null;
  headers?: Record<string, string>;
  models?: string[];
  proxy?: string | null;
  ca_file?: string | null;
  api_version?: string | null;
  free?: boolean | null;
  timeouts?: TimeoutsInput;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface CreateStrategyParams {
  name: string;
  /** The client's id or name. */
  parent?: string | null;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface DeleteClientParams {
  /** The client's id or name. */
  client_id: string;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface DeletePricingOverrideParams {
  provider: string;
  model: string;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface DeleteProviderParams {
  name: string;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface DeleteProviderKeyParams {
  name: string;
  /** What it is: "secret" (the key), "proxy" (a proxy's whole address) or "headers.NAME". */
  field?: string;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface DeleteStrategyParams {
  /** The strategy's id or name. */
  strategy_id: string;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface EndSessionParams {
  session_id: string;
}

export interface ExplainRouteParams {
  model: string;
  /** The client's id or name. */
  client_id?: string | null;
  /** The strategy's id or name. */
  strategy_id?: string | null;
  request?: Record<string, unknown> | null;
  endpoint?: Endpoint;
}

export interface GetClientParams {
  /** The client's id or name. */
  client_id: string;
}

export interface GetClientsUsingStrategyParams {
  /** The strategy's id or name. */
  strategy_id: string;
}

export interface GetMetricsParams {
  /** llm_global, or a tier with its holder (id or name): llm_strategy:default, llm_model:openai/gpt-4o. */
  scope: string;
  measure: Measure;
  since: number;
  until?: number | null;
  buckets?: number;
  /** Add the stretch of time right before. */
  compare?: boolean;
}

export interface GetRequestParams {
  request_id: string;
}

export interface GetStrategyParams {
  /** The strategy's id or name. */
  strategy_id: string;
}

export interface GetStrategyUsageParams {
  /** The strategy's id or name. */
  strategy_id: string;
}

export interface GetUsageSummaryParams {
  since: number;
  until?: number | null;
}

export interface ImportConfigParams {
  document: Record<string, unknown>;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface IssueSessionCodeParams {
  /** Write a file that leads a browser to the pages, for 60 seconds. */
  as_file?: boolean;
  /** Make the code good only at this port, where the pages move to. */
  port?: number | null;
}

export interface ListMetricScopesParams {
  tier: Tier;
}

export interface ListRequestsParams {
  /** The client's id or name. */
  client_id?: string | null;
  /** The strategy's id or name. */
  strategy_id?: string | null;
  provider?: string | null;
  model?: string | null;
  outcome?: Outcome | null;
  kind?: FailureKind | null;
  since?: number | null;
  until?: number | null;
  /** The next_cursor of the page before. */
  cursor?: string | null;
  limit?: number;
}

export interface ListRunningRequestsParams {
  limit?: number;
}

export interface RefreshModelsParams {
  provider?: string | null;
}

export interface RenameStrategyParams {
  /** The strategy's id or name. */
  strategy_id: string;
  name: string;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface RestoreRevisionParams {
  revision: number;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface RotateClientKeyParams {
  /** The client's id or name. */
  client_id: string;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface SetPricingOverrideParams {
  provider: string;
  model: string;
  input_per_million: number;
  output_per_million: number;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface SetProviderKeyParams {
  name: string;
  key: string;
  /** What it is: "secret" (the key), "proxy" (a proxy's whole address) or "headers.NAME". */
  field?: string;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface TestProviderParams {
  name: string;
}

export interface UpdateClientParams {
  /** The client's id or name. */
  client_id: string;
  name?: string | null;
  enabled?: boolean | null;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface UpdateProviderParams {
  name: string;
  new_name?: string | null;
  preset?: string | null;
  base_url?: string | null;
  enabled?: boolean | null;
  secret?: string | null;
  headers?: Record<string, string> | null;
  models?: string[] | null;
  proxy?: string | null;
  ca_file?: string | null;
  api_version?: string | null;
  free?: boolean | null;
  timeouts?: TimeoutsInput | null;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface UpdateServerConfigParams {
  server?: ServerFields | null;
  desktop?: DesktopFields | null;
  logging?: LoggingFields | null;
  metrics?: MetricsFields | null;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface UpdateStrategyParams {
  /** The strategy's id or name. */
  strategy_id: string;
  name?: string | null;
  allowed_models?: AvailableModelsSelectionInput | null;
  auto_config?: AutoModelConfigInput | null;
  rate_limits?: StrategyRateLimitInput[] | null;
  aliases?: [string, string][] | null;
  /** Refuse with what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** A second call with this key and the same parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface ValidateConfigParams {
  document: Record<string, unknown>;
}

export interface Methods {
  acknowledge_usage_loss: { params: Record<string, never>; result: Acknowledged };
  assign_client_strategy: { params: AssignClientStrategyParams; result: AssignedStrategy };
  clear_cooling: { params: ClearCoolingParams; result: ClearedCooling };
  create_client: { params: CreateClientParams; result: CreatedClient };
  create_provider: { params: CreateProviderParams; result: ProviderResult };
  create_strategy: { params: CreateStrategyParams; result: StrategyResult };
  delete_client: { params: DeleteClientParams; result: DeletedClient };
  delete_pricing_override: { params: DeletePricingOverrideParams; result: DeletedPricingOverride };
  delete_provider: { params: DeleteProviderParams; result: DeletedProvider };
  delete_provider_key: { params: DeleteProviderKeyParams; result: DeletedKey };
  delete_strategy: { params: DeleteStrategyParams; result: DeletedStrategy };
  discover_local_providers: { params: Record<string, never>; result: LocalServer[] };
  end_session: { params: EndSessionParams; result: EndedSession };
  explain_route: { params: ExplainRouteParams; result: Record<string, unknown> };
  export_config: { params: Record<string, never>; result: Config };
  get_client: { params: GetClientParams; result: ClientView };
  get_clients_using_strategy: { params: GetClientsUsingStrategyParams; result: ClientView[] };
  get_config: { params: Record<string, never>; result: ConfigView };
  get_metrics: { params: GetMetricsParams; result: ChartView };
  get_request: { params: GetRequestParams; result: RequestDetails };
  get_server_status: { params: Record<string, never>; result: ServerStatusView };
  get_strategy: { params: GetStrategyParams; result: StrategyAtRevision };
  get_strategy_usage: { params: GetStrategyUsageParams; result: LimitUsage[] };
  get_usage_summary: { params: GetUsageSummaryParams; result: UsageSummaryView };
  import_config: { params: ImportConfigParams; result: ImportedConfig };
  issue_session_code: { params: IssueSessionCodeParams; result: SessionCode };
  list_clients: { params: Record<string, never>; result: ClientView[] };
  list_metric_scopes: { params: ListMetricScopesParams; result: string[] };
  list_models: { params: Record<string, never>; result: ModelView[] };
  list_provider_presets: { params: Record<string, never>; result: PresetView[] };
  list_providers: { params: Record<string, never>; result: ProviderView[] };
  list_requests: { params: ListRequestsParams; result: RequestPage };
  list_revisions: { params: Record<string, never>; result: RevisionView[] };
  list_running_requests: { params: ListRunningRequestsParams; result: RunningRequest[] };
  list_sessions: { params: Record<string, never>; result: SessionView[] };
  list_strategies: { params: Record<string, never>; result: StrategyView[] };
  refresh_models: { params: RefreshModelsParams; result: RefreshedList[] };
  rename_strategy: { params: RenameStrategyParams; result: StrategyResult };
  restart_server: { params: Record<string, never>; result: Accepted };
  restore_revision: { params: RestoreRevisionParams; result: RestoredRevision };
  rotate_admin_token: { params: Record<string, never>; result: RotatedAdminToken };
  rotate_client_key: { params: RotateClientKeyParams; result: RotatedKey };
  set_pricing_override: { params: SetPricingOverrideParams; result: PricingOverrideResult };
  set_provider_key: { params: SetProviderKeyParams; result: ProviderResult };
  show_window: { params: Record<string, never>; result: Accepted };
  stop_server: { params: Record<string, never>; result: Stopping };
  test_provider: { params: TestProviderParams; result: ProviderTest };
  update_client: { params: UpdateClientParams; result: ClientResult };
  update_provider: { params: UpdateProviderParams; result: ProviderResult };
  update_server_config: { params: UpdateServerConfigParams; result: ServerConfigResult };
  update_strategy: { params: UpdateStrategyParams; result: StrategyResult };
  validate_config: { params: ValidateConfigParams; result: Judgement };
}

/** What the result of a command is made of; commands that nothing outdates are left out. */
export const READS: { readonly [M in keyof Methods]?: readonly string[] } = {
  discover_local_providers: ["providers"],
  explain_route: ["config", "usage", "status"],
  export_config: ["config"],
  get_client: ["clients", "strategies"],
  get_clients_using_strategy: ["strategies", "clients"],
  get_config: ["config", "status"],
  get_metrics: ["usage"],
  get_request: ["usage"],
  get_server_status: ["config", "usage", "status"],
  get_strategy: ["strategies", "clients", "providers", "pricing_overrides", "usage", "status"],
  get_strategy_usage: ["strategies", "usage"],
  get_usage_summary: ["usage"],
  list_clients: ["clients", "strategies"],
  list_metric_scopes: ["usage"],
  list_models: ["providers", "pricing_overrides", "status"],
  list_providers: ["providers", "strategies", "pricing_overrides", "status"],
  list_requests: ["usage"],
  list_revisions: ["config"],
  list_running_requests: ["usage"],
  list_sessions: ["status"],
  list_strategies: ["strategies", "clients", "providers", "pricing_overrides", "usage", "status"],
  validate_config: ["config", "status"],
};

/** What an event says has changed, beside the sections that it names; null for everything. */
export const CHANGES: { readonly [event: string]: readonly string[] | null } = {
  "config.changed": ["config"],
  "metrics.changed": ["usage"],
  "request.finished": ["usage"],
  "server.status": ["status"],
  "resync": null,
};

/** What carries a command to the router and its result back. */
export type Call = (method: string, params: object) => Promise<unknown>;

/** Every command as a typed function. */
export function createRpc(call: Call) {
  return {
    /** Let limits go on although earlier usage was lost, as if nothing had been used before the loss. */
    acknowledgeUsageLoss: () => call("acknowledge_usage_loss", {}) as Promise<Acknowledged>,
    /**
     * Let a client use a strategy.
     *
     * Another client's own strategy becomes a shared one by that. The client's former own strategy stays, still owned.
     */
    assignClientStrategy: (params: AssignClientStrategyParams) => call("assign_client_strategy", params) as Promise<AssignedStrategy>,
    /**
     * Try again now: forget that a provider with all its models, or one model of it, is left alone after failures.
     *
     * The answer lists what was cooling.
     */
    clearCooling: (params: ClearCoolingParams) => call("clear_cooling", params) as Promise<ClearedCooling>,
    /**
     * Create a client with a key and a strategy of its own.
     *
     * The key is in the answer and nowhere else: only its digest is stored.
     */
    createClient: (params: CreateClientParams) => call("create_client", params) as Promise<CreatedClient>,
    /**
     * Add a provider.
     *
     * Its key is given as `key`, which is stored safely, or as `secret`, which names an environment variable
     * (env:VARIABLE) or a stored secret (store:NAME). `free` says whether its calls cost nothing; left out, that is so for
     * known local servers at a loopback address.
     */
    createProvider: (params: CreateProviderParams) => call("create_provider", params) as Promise<ProviderResult>,
    /**
     * Create a strategy: every model, no auto-routing, no limits.
     *
     * With a parent (a client) it is that client's own and is deleted together with it.
     */
    createStrategy: (params: CreateStrategyParams) => call("create_strategy", params) as Promise<StrategyResult>,
    /**
     * Delete a client and the strategies that it owns.
     *
     * An owned strategy that another client uses stays and belongs to nobody from then on; the answer names it.
     */
    deleteClient: (params: DeleteClientParams) => call("delete_client", params) as Promise<DeletedClient>,
    /** Delete your own price of a model: what its provider's list or the packaged table says holds again. */
    deletePricingOverride: (params: DeletePricingOverrideParams) => call("delete_pricing_override", params) as Promise<DeletedPricingOverride>,
    /**
     * Delete a provider, its key and what else was stored for it.
     *
     * Strategies that name it stay as they are, and the router skips what they name; the answer lists them.
     */
    deleteProvider: (params: DeleteProviderParams) => call("delete_provider", params) as Promise<DeletedProvider>,
    /**
     * Forget a provider's key, or what else `field` names: "headers.NAME" or "proxy".
     *
     * It cannot be brought back, not even by restoring an earlier revision.
     */
    deleteProviderKey: (params: DeleteProviderKeyParams) => call("delete_provider_key", params) as Promise<DeletedKey>,
    /** Delete a strategy that no client uses. The default strategy cannot be deleted. */
    deleteStrategy: (params: DeleteStrategyParams) => call("delete_strategy", params) as Promise<DeletedStrategy>,
    /** Find the model servers that run on this computer, at the addresses where they usually are. */
    discoverLocalProviders: () => call("discover_local_providers", {}) as Promise<LocalServer[]>,
    /** End one session: its tab has to be let in anew. */
    endSession: (params: EndSessionParams) => call("end_session", params) as Promise<EndedSession>,
    /**
     * Explain what would happen to a request now, without calling any provider.
     *
     * Give the client or the strategy that it is sent with. The candidates come in order, each with the reason why it
     * would be skipped, and the limits with what is left of them.
     */
    explainRoute: (params: ExplainRouteParams) => call("explain_route", params) as Promise<Record<string, unknown>>,
    /** The configuration document alone, for a file. No key is in it: providers' keys must be set again elsewhere. */
    exportConfig: () => call("export_config", {}) as Promise<Config>,
    /** One client, with the strategy that it uses. */
    getClient: (params: GetClientParams) => call("get_client", params) as Promise<ClientView>,
    /** The clients that use a strategy. */
    getClientsUsingStrategy: (params: GetClientsUsingStrategyParams) => call("get_clients_using_strategy", params) as Promise<ClientView[]>,
    /** The whole configuration document, with every remark about it. */
    getConfig: () => call("get_config", {}) as Promise<ConfigView>,
    /** A measure over time, for a chart. */
    getMetrics: (params: GetMetricsParams) => call("get_metrics", params) as Promise<ChartView>,
    /** One request with every call that it took, and the explanation of its route. */
    getRequest: (params: GetRequestParams) => call("get_request", params) as Promise<RequestDetails>,
    /** How the router does: where it runs, which providers answer, what is cooling, and which limits are near. */
    getServerStatus: () => call("get_server_status", {}) as Promise<ServerStatusView>,
    /** One strategy, with the clients that use it and how full its limits are, and the revision that it is of. */
    getStrategy: (params: GetStrategyParams) => call("get_strategy", params) as Promise<StrategyAtRevision>,
    /**
     * How full each limit of a strategy is: what was counted in its window, and what running requests hold of it. Where
     * a provider did not tell what a call used, more is counted than the metrics show as used.
     */
    getStrategyUsage: (params: GetStrategyUsageParams) => call("get_strategy_usage", params) as Promise<LimitUsage[]>,
    /** Sums over a stretch of time: of everything, and of each client, strategy, provider and model. */
    getUsageSummary: (params: GetUsageSummaryParams) => call("get_usage_summary", params) as Promise<UsageSummaryView>,
    /**
     * Replace the whole configuration by a document. The former one can be restored as an earlier revision.
     *
     * Clients that are known here keep their keys, and a key that was rotated or deleted here stays refused.
     */
    importConfig: (params: ImportConfigParams) => call("import_config", params) as Promise<ImportedConfig>,
    /** Make a code that lets a browser's tab in, once, within 15 minutes (as a file: within one). */
    issueSessionCode: (params: IssueSessionCodeParams) => call("issue_session_code", params) as Promise<SessionCode>,
    /** All clients, each with the strategy that it uses. */
    listClients: () => call("list_clients", {}) as Promise<ClientView[]>,
    /** The scopes of a tier that have metrics, for `get_metrics`. They outlive the clients and models they are of. */
    listMetricScopes: (params: ListMetricScopesParams) => call("list_metric_scopes", params) as Promise<string[]>,
    /** All models that the providers list or declare, in the providers' order, then by name. */
    listModels: () => call("list_models", {}) as Promise<ModelView[]>,
    /** The providers that the router knows, with what each needs and whether its key is in the environment. */
    listProviderPresets: () => call("list_provider_presets", {}) as Promise<PresetView[]>,
    /** All providers in the order in which bare model names are looked up, each with its status. */
    listProviders: () => call("list_providers", {}) as Promise<ProviderView[]>,
    /** Recorded requests, the newest first. What is not given restricts nothing. */
    listRequests: (params: ListRequestsParams) => call("list_requests", params) as Promise<RequestPage>,
    /** The revisions of the configuration that can be restored, the newest first. */
    listRevisions: () => call("list_revisions", {}) as Promise<RevisionView[]>,
    /** The requests that are being served now, those that run longest first, each with its route so far. */
    listRunningRequests: (params: ListRunningRequestsParams) => call("list_running_requests", params) as Promise<RunningRequest[]>,
    /** The tabs that are in, the one that was used last first. */
    listSessions: () => call("list_sessions", {}) as Promise<SessionView[]>,
    /** All strategies, with the clients that use them and how full their limits are. */
    listStrategies: () => call("list_strategies", {}) as Promise<StrategyView[]>,
    /** Fetch the lists of models anew, of one provider or of all that are enabled. */
    refreshModels: (params: RefreshModelsParams) => call("refresh_models", params) as Promise<RefreshedList[]>,
    /** Give a strategy another name. A client's own strategy becomes a shared one by that. */
    renameStrategy: (params: RenameStrategyParams) => call("rename_strategy", params) as Promise<StrategyResult>,
    /** Restart the router. Running requests may finish first, for up to ten seconds. */
    restartServer: () => call("restart_server", {}) as Promise<Accepted>,
    /**
     * Make an earlier revision of the configuration the next one. Restoring can be undone in the same way.
     *
     * Keys do not come back: clients keep those of now, and what was deleted stays deleted. A client that was deleted
     * since is back disabled and without a key. The answer says who needs one.
     */
    restoreRevision: (params: RestoreRevisionParams) => call("restore_revision", params) as Promise<RestoredRevision>,
    /** Replace the admin token, and end all sessions and codes. Scripts read the new token from its file. */
    rotateAdminToken: () => call("rotate_admin_token", {}) as Promise<RotatedAdminToken>,
    /** Give a client a new key. The former one is refused from then on. */
    rotateClientKey: (params: RotateClientKeyParams) => call("rotate_client_key", params) as Promise<RotatedKey>,
    /** Set your own price of a model. It comes before what any list or table says. */
    setPricingOverride: (params: SetPricingOverrideParams) => call("set_pricing_override", params) as Promise<PricingOverrideResult>,
    /**
     * Store a provider's key. It is kept in the system's keychain or a private file, and never shown again.
     *
     * It is bound to the address, proxy and `ca_file` that the provider has now: where these change, it is not sent any
     * more until it is set again. `field` names another secret of the provider: "headers.NAME" or "proxy".
     */
    setProviderKey: (params: SetProviderKeyParams) => call("set_provider_key", params) as Promise<ProviderResult>,
    /** Bring the desktop window to the front. */
    showWindow: () => call("show_window", {}) as Promise<Accepted>,
    /** End the router, and its window where it has one. Running requests may finish first, for up to ten seconds. */
    stopServer: () => call("stop_server", {}) as Promise<Stopping>,
    /** Ask a provider for its models, with its key: says what was tried, what came of it, and what to do. */
    testProvider: (params: TestProviderParams) => call("test_provider", params) as Promise<ProviderTest>,
    /** Rename a client, or enable or disable it. Its own strategy follows the name as long as nobody renamed it. */
    updateClient: (params: UpdateClientParams) => call("update_client", params) as Promise<ClientResult>,
    /**
     * Change the given fields of a provider.
     *
     * What is not given stays as it is; null sets a field back to its default. Everything that names the provider
     * follows a `new_name`. What is known of its health is forgotten, and a stored secret that nothing refers to any more
     * is deleted.
     */
    updateProvider: (params: UpdateProviderParams) => call("update_provider", params) as Promise<ProviderResult>,
    /**
     * Change the given settings of `server`, `desktop`, `logging` and `metrics`.
     *
     * What is not given stays as it is; null sets a setting, or a whole section, back to its default. Another host,
     * port or max_body_mb acts after a restart; one that cannot be listened on is refused.
     */
    updateServerConfig: (params: UpdateServerConfigParams) => call("update_server_config", params) as Promise<ServerConfigResult>,
    /**
     * Change the given fields of a strategy.
     *
     * What is not given stays as it is; null sets a field back to its default. Lists are replaced as a whole. A changed
     * name makes a client's own strategy a shared one.
     */
    updateStrategy: (params: UpdateStrategyParams) => call("update_strategy", params) as Promise<StrategyResult>,
    /** Judge a configuration document without using it. */
    validateConfig: (params: ValidateConfigParams) => call("validate_config", params) as Promise<Judgement>,
  };
}

export type Rpc = ReturnType<typeof createRpc>;
