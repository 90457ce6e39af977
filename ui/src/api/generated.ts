// The commands of LocalRouter and their types. Made by scripts/generate; do not edit.
// A parameter that is left out stays as it is, null clears it.

/** The command was accepted and takes effect right after this answer. */
export interface Accepted {
  accepted: boolean;
}

/** Whether limits still refuse requests because earlier usage is unknown. */
export interface Acknowledged {
  usage_lost: boolean;
}

/** A client and the strategy that it now uses. */
export interface AssignedStrategy {
  revision: number;
  client: ClientView;
  strategy: StrategyView;
}

/** One call of one model. `kind` says why it failed; null if it answered. */
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

/**
 * What `localrouter/auto` does. `available_models` are models parked in the editor; the router never reads them.
 *
 * With `hold_streams` a streamed answer is read to its end before the client gets any of it, so that one that breaks
 * off is made by the next model instead.
 */
export interface AutoModelConfigInput {
  enabled?: boolean;
  prioritized_models?: [string, string][];
  available_models?: [string, string][];
  fallback_on?: FailureKind[];
  retry?: RetryPolicyInput;
  first_token_timeout?: number;
  hold_streams?: boolean;
}

/**
 * What `localrouter/auto` does. `available_models` are models parked in the editor; the router never reads them.
 *
 * With `hold_streams` a streamed answer is read to its end before the client gets any of it, so that one that breaks
 * off is made by the next model instead.
 */
export interface AutoModelConfig {
  enabled: boolean;
  prioritized_models: [string, string][];
  available_models: [string, string][];
  fallback_on: FailureKind[];
  retry: RetryPolicy;
  first_token_timeout: number;
  hold_streams: boolean;
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

/**
 * One difference. `subject` is what it is about, such as a strategy's name, `text` what became of it; `before` and
 * `after` are the whole values, where there are any.
 */
export interface ChangeView {
  section: string;
  subject: string;
  text: string;
  before: string | null;
  after: string | null;
}

/**
 * A measure over time, with one point every `width` seconds. `total` is the measure over the whole period.
 * `previous` covers the preceding period of the same length.
 */
export interface ChartView {
  scope: string;
  measure: Measure;
  width: number;
  points: PointView[];
  total: number | null;
  previous: PointView[];
  previous_total: number | null;
}

/** What was cooling until now. The next request tries each of them again. */
export interface ClearedCooling {
  cleared: CoolingView[];
}

/**
 * A program with its own key. Only the key's SHA-256 and its last four characters are stored.
 *
 * `lost_strategy_id` is the strategy that the client used until it disappeared, which disabled the client. It is
 * cleared when the client is enabled or assigned another strategy.
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

/** A client after the change. */
export interface ClientResult {
  revision: number;
  client: ClientView;
}

/**
 * A client. `key_hint` is the end of its key; the key itself is not kept. A client without a key (`has_key` is
 * false) cannot be used.
 *
 * `lost_strategy_id` is the strategy that the client used until it disappeared, which disabled the client. It is
 * cleared when the client is enabled or assigned another strategy.
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

/** What restoring a revision would change now. Keys do not count: they are not restored. */
export interface Comparison {
  revision: number;
  changes: ChangeView[];
}

/**
 * The whole document. Every commit increments `revision` by one.
 *
 * `retired_keys` holds the digests of keys that were rotated or whose client was deleted: they never work again.
 */
export interface Config {
  version: number;
  revision: number;
  server: Server;
  notices: Notices;
  desktop: Desktop;
  logging: Logging;
  metrics: Metrics;
  providers: Provider[];
  clients: Client[];
  strategies: Strategy[];
  pricing_overrides: PricingOverride[];
  retired_keys: string[];
}

/**
 * The whole document. It contains no keys: for clients it holds key digests, for providers where each key is
 * stored.
 */
export interface ConfigView {
  revision: number;
  document: Config;
  findings: FindingView[];
}

/**
 * Something that is not called for a while after a failure: a model, an endpoint, or the whole provider if `model`
 * and `endpoint` are null. `remedy` is the shell command that ends the cooling.
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
 * What limits count for a request or an attempt whose provider did not report its usage: at least what was reserved
 * for it. `total_tokens` is counted separately and may be less than input plus output.
 */
export interface CountedView {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  cost_usd: number;
}

/** A new client with the strategy that it uses. `key` is shown only this once. */
export interface CreatedClient {
  revision: number;
  client: ClientView;
  strategy: StrategyView;
  key: string;
}

/**
 * The deleted client. `deleted_strategies` were deleted with it; `released_strategies` are kept because other
 * clients use them.
 */
export interface DeletedClient {
  revision: number;
  client: Reference;
  deleted_strategies: Reference[];
  released_strategies: Reference[];
}

/** The provider without its key. `key_deleted` is false if there was none, or if another provider also uses it. */
export interface DeletedKey {
  revision: number;
  provider: ProviderView;
  key_deleted: boolean;
}

/**
 * The model whose own price was deleted. The price in its provider's list or in the packaged table applies
 * again.
 */
export interface DeletedPricingOverride {
  revision: number;
  provider: string;
  model: string;
}

/** The deleted provider. `strategies_naming_it` are unchanged; the router skips its models in them. */
export interface DeletedProvider {
  revision: number;
  provider: string;
  key_deleted: boolean;
  strategies_naming_it: Reference[];
}

/** The deleted strategy. */
export interface DeletedStrategy {
  revision: number;
  strategy: Reference;
}

/** Settings of the desktop window. */
export interface Desktop {
  on_close: OnClose;
}

/** Changes to `desktop`. */
export interface DesktopFields {
  on_close?: OnClose | null;
}

/** The session that was ended. */
export interface EndedSession {
  session_id: string;
}

/** An endpoint of the model API, as its path below `/v1/`. */
export type Endpoint = "chat/completions" | "completions" | "embeddings" | "count_tokens";

/** How many calls failed in a way. */
export interface FailureCount {
  kind: FailureKind;
  calls: number;
}

/** Why an attempt did not answer. */
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

/** A finding about the configuration. `path` is where in the document it applies. */
export interface FindingView {
  path: string;
  message: string;
  severity: Severity;
}

/** What free calls of a strategy are measured against: the first model of its prioritized list that has a price. */
export interface FreeComparison {
  strategy_id: string;
  strategy: string;
  model: string;
  input_per_million: number;
  output_per_million: number;
  free_tokens: number;
  saved_usd: number;
}

/**
 * The document now in force. `healed` lists what was repaired in it; `about_keys` says which clients keep their
 * current keys and which have none.
 */
export interface ImportedConfig {
  revision: number;
  document: Config;
  healed: string[];
  about_keys: string[];
  findings: FindingView[];
}

/** Why a limit has no room for a request, however long it waits. */
export type Impossible = "too_large" | "unbounded" | "unpriced";

/** Whether a document can be used, and all findings about it. `healed` lists what an import would repair. */
export interface Judgement {
  valid: boolean;
  findings: FindingView[];
  healed: string[];
}

/** Where a provider's key comes from: a stored secret or an environment variable. */
export type KeySource = "none" | "stored" | "environment";

/** The change that made the current revision. Restoring `undo_to` undoes it. */
export interface LastChange {
  revision: number;
  made_at: string;
  summary: string;
  undo_to: number;
}

/**
 * Request fields that a model refused, after which it answered without them. Requests are sent to it without these
 * fields until its provider is edited or LocalRouter restarts.
 */
export interface LeftOutView {
  model: string;
  fields: string[];
}

/**
 * How full a limit of today was over time, in its own unit: what its window held at the end of each bucket of
 * `width` seconds from `since` on. Where the window is shorter than a bucket, the most that it held in it. The last
 * bucket is under way: its value is no less than what the limit counts now. Where a provider did not report usage,
 * limits count more than metrics show.
 */
export interface LimitHistoryView {
  strategy_id: string;
  strategy: string;
  limit_type: LimitType;
  time_window: RateLimitTimeWindow;
  value: number;
  since: number;
  width: number;
  values: number[];
}

/** `soft` checks estimates from averages; `strict` reserves the most that a request can use. */
export type LimitMode = "soft" | "strict";

/** What a limit counts. Cost is in USD. */
export type LimitType = "requests" | "input_tokens" | "output_tokens" | "total_tokens" | "cost";

/**
 * How much of a limit is used, in the limit's own unit: requests, tokens or USD. `used` is what its window counts,
 * `reserved` what running requests hold. `resets_at` is when usage starts to leave the window; null if nothing was
 * used.
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

/**
 * A model server that answers on this computer. `provider` is the configured provider with the same address; null
 * if there is none.
 */
export interface LocalServer {
  preset: string;
  title: string;
  base_url: string;
  models: string[];
  provider: string | null;
}

/** The least severe level that is logged. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** Settings of the log. `access_log` adds a line per finished request. Log files are kept for `retention_days`. */
export interface Logging {
  level: LogLevel;
  access_log: boolean;
  retention_days: number;
}

/** Changes to `logging`. */
export interface LoggingFields {
  level?: LogLevel | null;
  access_log?: boolean | null;
  retention_days?: number | null;
}

/** What a chart can show. The names match the view's columns, where it has them. */
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

/**
 * How long metrics are kept. Records of single requests are deleted after `retention_days`, or earlier, oldest
 * first, once the database holds more than `max_mb`.
 */
export interface Metrics {
  retention_days: number;
  max_mb: number;
}

/** Changes to `metrics`. */
export interface MetricsFields {
  retention_days?: number | null;
  max_mb?: number | null;
}

/**
 * What is known about a model. Null means unknown, never 0. Prices are in USD per million tokens.
 *
 * `capabilities` lists every capability that the model is not known to lack; `confirmed` lists those that a source
 * names. `chats` says whether it answers chat requests, unlike a model for embeddings or images.
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
  chats: boolean | null;
  reasons: boolean | null;
  table_date: string | null;
  list_age_seconds: number | null;
}

/** A provider and its status. */
export interface NamedStatus {
  name: string;
  title: string;
  local: boolean;
  status: ProviderStatus;
}

/**
 * A limit that reached the lowest share in `notices.at` (80% by default), counting what running requests
 * reserve.
 */
export interface NearLimit {
  strategy: Reference;
  limit: LimitUsage;
}

/**
 * An address that other computers can use. If `is_served` is false, requests to it are refused (421) until its host
 * is added to `server.allowed_hosts`; `remedy` is the shell command that adds it.
 */
export interface NetworkAddress {
  url: string;
  is_served: boolean;
  remedy: string | null;
}

/**
 * When people are told about a limit: `at` lists the shares of its value, from above 0 to 1. An empty list turns
 * these notices off.
 */
export interface Notices {
  at: number[];
}

/** Changes to `notices`. */
export interface NoticesFields {
  at?: number[] | null;
}

/** What closing the desktop window does. */
export type OnClose = "ask" | "keep_serving" | "quit";

/**
 * How a request ended. Denied requests were refused by the router itself; cancelled ones were left by their
 * client.
 */
export type Outcome = "success" | "failed" | "denied" | "cancelled";

/** The limit that had no room. */
export interface PassedLimit {
  limit_type: LimitType;
  time_window: RateLimitTimeWindow;
  mode: LimitMode;
  value: number;
}

/**
 * A model that did not serve the request. `kind` says how its last call failed; without a call, `reason` says why
 * it was skipped, `until` (Unix seconds) until when that holds, and `limit` which limit had no room. `never` is set
 * where no wait would help.
 */
export interface PassedOver {
  provider: string;
  model: string;
  kind: FailureKind | null;
  reason: SkipReason | null;
  until: number | null;
  limit: PassedLimit | null;
  never: Impossible | null;
}

/** A trailing period of a chart. */
export type Period = "15m" | "1h" | "24h" | "7d" | "30d";

/** One bucket of a chart, starting at `timestamp`. `value` is null where it is unknown. */
export interface PointView {
  timestamp: number;
  value: number | null;
}

/**
 * A known provider's defaults. If `base_url` is null, a provider made from it must have one. `request_fields` is
 * what its servers do not accept, and their name for the cap on an answer's length.
 */
export interface PresetView {
  name: string;
  title: string;
  base_url: string | null;
  local: boolean;
  needs_key: boolean;
  key_variable: string | null;
  key_in_environment: boolean;
  starter_model: string | null;
  request_fields: RequestFields;
}

/**
 * Where a price comes from: the user's override, the provider's list or the packaged table. `free` is a provider
 * declared free, `local` a local server on this computer; both cost 0.
 */
export type PriceSource = "override" | "list" | "table" | "free" | "local";

/** The user's own price for a model, in USD per million tokens. */
export interface PricingOverride {
  provider: string;
  model: string;
  input_per_million: number;
  output_per_million: number;
}

/** The user's own price for a model, in USD per million tokens. */
export interface PricingOverrideResult {
  revision: number;
  pricing_override: PricingOverride;
}

/**
 * A program that can use the router. `launch` is the shell command that starts it with its own client.
 * `environment` and `words` (a command line) do the same by hand, with `YOUR_KEY` in place of the key; they are empty
 * if the program also needs files.
 */
export interface ProgramView {
  name: string;
  title: string;
  install: string;
  launch: string;
  environment: VariableView[];
  words: string[];
  note: string | null;
}

/**
 * A configured account or local server. `secret` is `store:NAME` or `env:VARIABLE`, never the key.
 *
 * `free` says whether its calls cost nothing; null leaves that to the preset and the address.
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
  request_fields: RequestFields;
  timeouts: Timeouts;
}

/**
 * A provider after the change. `notes` says where a given value was interpreted differently from how it was
 * written.
 */
export interface ProviderResult {
  revision: number;
  provider: ProviderView;
  notes: string[];
}

/** Whether a provider can be used, and why not. `unknown`: it has not been asked yet. */
export type ProviderState =
  | "ready"
  | "disabled"
  | "no_key"
  | "key_out_of_reach"
  | "key_elsewhere"
  | "cooling"
  | "failing"
  | "unknown";

/** A provider's status, and what to do about it where something can be done. */
export interface ProviderStatus {
  state: ProviderState;
  message: string;
  advice: string | null;
  until: string | null;
}

/**
 * The result of asking a provider for its models. `tried` is the HTTP request that was sent, `ms` the time it took.
 * If it failed, `kind` and `message` say why and `advice` what to do.
 */
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
 * A provider. `address` is where requests go; `secret` says where the key is kept and is not the key.
 *
 * `free` is what the owner says: whether calls cost nothing, or null where the owner has not said. `is_free` is
 * whether calls count as free now; `asks_if_free` means that only the owner can tell.
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
  request_fields: RequestFields;
  timeouts: Timeouts;
  status: ProviderStatus;
  cooling: CoolingView[];
  left_out: LeftOutView[];
  listed_models: number;
  list_age_seconds: number | null;
  findings: FindingView[];
}

/** The trailing window of a limit. A month is 30 days. */
export type RateLimitTimeWindow = "minute" | "hour" | "day" | "month";

/** The id and name of a client or a strategy. */
export interface Reference {
  id: string;
  name: string;
}

/** A provider's model list after the refresh. `problem` says why no newer list could be fetched. */
export interface RefreshedList {
  provider: string;
  models: number;
  list_age_seconds: number | null;
  problem: string | null;
}

/** A request with all its attempts. `trace` explains its route; null if the explanation is no longer kept. */
export interface RequestDetails {
  request: RequestView;
  attempts: AttemptView[];
  trace: Record<string, unknown> | null;
}

/**
 * What a server does not accept, beyond what its preset knows: the fields to `drop`, and `output_cap`, its own name
 * for the cap on an answer's length, to which every request's cap is moved.
 */
export interface RequestFieldsInput {
  drop?: string[];
  output_cap?: string | null;
}

/**
 * What a server does not accept, beyond what its preset knows: the fields to `drop`, and `output_cap`, its own name
 * for the cap on an answer's length, to which every request's cap is moved.
 */
export interface RequestFields {
  drop: string[];
  output_cap: string | null;
}

/** Requests, newest first. Pass `next_cursor` to get older ones; it is null on the last page. */
export interface RequestPage {
  items: RequestView[];
  next_cursor: string | null;
}

/** What a running request is doing now. */
export type RequestPhase = "waiting" | "pausing" | "calling" | "streaming";

/**
 * One request, from its arrival to its record. `error` is what its client was told instead of an answer, or at the
 * end of an answer that broke off. `passed_over` are the first models that did not serve it, and why. `recovered`
 * means that the router was killed before it wrote the record, which was rebuilt from the limits' journal.
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
  passed_over: PassedOver[];
  recovered: boolean;
}

/**
 * The new revision: an earlier one's content, except for keys. `about_keys` describes in words what happened to
 * them.
 *
 * Clients keep their current keys, and deleted keys stay deleted: set keys again for the providers in
 * `providers_without_key`, and create new ones for the clients in `clients_without_key`.
 */
export interface RestoredRevision {
  revision: number;
  restored: number;
  providers_without_key: string[];
  clients_without_key: Reference[];
  about_keys: string[];
}

/** `attempts` is how often the same model may be called again, each time after at most `max_wait` seconds. */
export interface RetryPolicyInput {
  attempts?: number;
  max_wait?: number;
}

/** `attempts` is how often the same model may be called again, each time after at most `max_wait` seconds. */
export interface RetryPolicy {
  attempts: number;
  max_wait: number;
}

/**
 * A revision that can be restored. `changed` names the sections that differ from the previous revision, `summary`
 * says in one line what changed, and `changes` says all of it.
 */
export interface RevisionView {
  revision: number;
  made_at: string;
  changed: string[];
  summary: string;
  changes: ChangeView[];
  is_current: boolean;
}

/** The file that holds the new admin token, and how many sessions were ended. */
export interface RotatedAdminToken {
  token_file: string;
  ended_sessions: number;
}

/** A client with its new key, which is shown only this once. */
export interface RotatedKey {
  revision: number;
  client: ClientView;
  key: string;
}

/**
 * A request that is being served. `started_at` is in Unix seconds. `model` is the `provider/name` being called,
 * after `attempts` attempts; `trace` explains the route so far, in the same shape as in `get_request`.
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

/**
 * What was saved, at the prices of now: `cached_usd` by prompt caches, against the same model's price for input
 * that is not cached; `free_usd` by free models, against the models in `compared_with`. Neither includes tokens for
 * which that is unknown: cached ones of models without a price now, and free ones of strategies without a priced
 * model in their list.
 */
export interface SavingsView {
  prices: "now";
  cached_usd: number;
  cached_tokens: number;
  cached_tokens_without_price: number;
  free_usd: number;
  free_tokens: number;
  free_tokens_without_comparison: number;
  compared_with: FreeComparison[];
}

/** The totals of one scope, such as `llm_strategy:default`. */
export interface ScopeTotals {
  scope: string;
  totals: TotalsView;
}

/**
 * Where the router listens and what it accepts. `allowed_hosts` are Host names that it also answers to;
 * `cors_origins` are web origins that may call it with a client key: exact ones, `http://HOST:*` for any port, or
 * `SCHEME://*` for the pages of a desktop program. `memory_mb` caps the memory of all running requests together; null
 * means a quarter of the machine's, at most 2 GB. `max_body_mb` caps one request body.
 */
export interface Server {
  host: string;
  port: number;
  allowed_hosts: string[];
  cors_origins: string[];
  memory_mb: number | null;
  max_body_mb: number;
}

/** The settings after the change. `needs_restart` says whether some of it takes effect only after a restart. */
export interface ServerConfigResult {
  revision: number;
  server: Server;
  notices: Notices;
  desktop: Desktop;
  logging: Logging;
  metrics: Metrics;
  needs_restart: boolean;
}

/** Changes to `server`. */
export interface ServerFields {
  host?: string | null;
  port?: number | null;
  allowed_hosts?: string[] | null;
  cors_origins?: string[] | null;
  memory_mb?: number | null;
  max_body_mb?: number | null;
}

/**
 * The router's state. `url` is null if no instance is running. `network` lists the addresses at which other
 * computers reach it, `problems` what needs attention, `reports` what was repaired or set aside automatically.
 * `usage_lost` means that earlier usage is unknown and limits may therefore refuse requests; `usage_loss` says why,
 * and acknowledge_usage_loss ends it. `command_line` is what to type in a terminal, followed by a verb, to run this
 * program with this home. `notice_at` lists the shares of a limit at which people are told.
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
  notice_at: number[];
}

/**
 * A one-time code, and the pages' address that contains it. `file` is the path of the file, if one was asked
 * for.
 */
export interface SessionCode {
  code: string;
  address: string;
  expires_at: string;
  file: string | null;
}

/** A browser tab that is signed in. `browser` is the name that the browser gives itself. */
export interface SessionView {
  session_id: string;
  browser: string;
  made_at: string;
  last_used_at: string;
  expires_at: string;
}

/** How serious a finding is. An error prevents the document from being used. */
export type Severity = "error" | "warning" | "note";

export type SkipReason = "provider" | "not_allowed" | "cooling" | "context" | "capability" | "limit" | "unpriced";

/**
 * One model, provider, client or strategy. `group` is its id (empty: no model was called), `name` its name, null if
 * it is no longer configured. `share` is its part of the whole cost, 0 to 1; null where nothing was paid. `saved_usd`
 * is what its cached tokens and free calls saved, as far as that is known: see `savings`.
 */
export interface SpendRow {
  group: string;
  name: string | null;
  totals: SpendTotals;
  share: number | null;
  saved_usd: number;
  previous_cost_usd: number | null;
  previous_requests: number;
}

/** Values over time, one for each of `timestamps`. `group` is null for all that have no series of their own. */
export interface SpendSeries {
  group: string | null;
  name: string | null;
  values: number[];
}

/**
 * What was used. `requests` excludes denied ones and splits into paid, free, unpriced (no known price) and those
 * that used nothing. Tokens split into paid, free and unpriced ones. Estimated figures are part of the others: their
 * providers reported no usage. `cost_usd` is null where no price was known.
 */
export interface SpendTotals {
  requests: number;
  failed_requests: number;
  denied_requests: number;
  paid_requests: number;
  free_requests: number;
  unpriced_requests: number;
  estimated_requests: number;
  calls: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  paid_tokens: number;
  free_tokens: number;
  unpriced_tokens: number;
  estimated_tokens: number;
  cost_usd: number | null;
  estimated_cost_usd: number;
}

/**
 * Usage over a period, split. Buckets of `width` seconds begin at `timestamps`; the last one is under way. `rows`
 * come with the dearest first; every split adds up to `total`. A request is counted at the model that answered it or
 * failed last, tokens and cost at the models that used them. `previous` is the period of the same length right
 * before.
 */
export interface SpendView {
  scope: string;
  by: Split;
  period: Period;
  measure: "cost_usd" | "requests" | "tokens";
  since: number;
  until: number;
  width: number;
  timestamps: number[];
  series: SpendSeries[];
  rows: SpendRow[];
  total: SpendTotals;
  previous: SpendTotals;
  savings: SavingsView;
  failures: FailureCount[];
}

/** By what usage is split. */
export type Split = "model" | "provider" | "client" | "strategy";

/** The router stops after this answer, as soon as the running requests have finished, or after 10 seconds. */
export interface Stopping {
  accepted: boolean;
  running_requests: number;
}

/**
 * A named, reusable routing configuration. `parent` is the id of the client that owns it. `aliases` are pairs of a
 * name and the model that it stands for; a name that ends in `*` stands for all that begin alike.
 */
export interface Strategy {
  id: string;
  name: string;
  parent: string | null;
  allowed_models: AvailableModelsSelection;
  auto_config: AutoModelConfig | null;
  rate_limits: StrategyRateLimit[];
  aliases: [string, string][];
}

/** A strategy at `revision`. Pass that as `expect_revision` to change the strategy only if nothing changed since. */
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

/** A strategy after the change. */
export interface StrategyResult {
  revision: number;
  strategy: StrategyView;
}

/**
 * A strategy. `usage` holds one entry for each of `rate_limits`, in the same order; paths in `findings` are
 * relative to the strategy.
 */
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

/** What totals are kept for. The value is the first part of a scope's key. */
export type Tier = "llm_global" | "llm_key" | "llm_provider" | "llm_model" | "llm_strategy";

/**
 * Deadlines for a provider's answer, in seconds: `connect` for the connection, `first_byte` for the head of the
 * answer, `first_token` for a stream's first content, `idle` for each pause, `total` for the whole call.
 */
export interface TimeoutsInput {
  connect?: number;
  first_byte?: number;
  first_token?: number;
  idle?: number;
  total?: number;
}

/**
 * Deadlines for a provider's answer, in seconds: `connect` for the connection, `first_byte` for the head of the
 * answer, `first_token` for a stream's first content, `idle` for each pause, `total` for the whole call.
 */
export interface Timeouts {
  connect: number;
  first_byte: number;
  first_token: number;
  idle: number;
  total: number;
}

/** The error that the client received. */
export interface ToldError {
  code: string | null;
  message: string;
}

/**
 * Totals. `requests` excludes denied ones. `cost_usd` is null where no price was known; rates (0 to 1) and
 * latencies (ms) are null without requests.
 */
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

/** Totals over a period: of everything, and of every scope that has any. */
export interface UsageSummaryView {
  since: number;
  until: number;
  total: TotalsView;
  scopes: ScopeTotals[];
}

/**
 * Tokens and cost as known and billed. `estimated` means that the provider reported no usage, or figures that
 * cannot be true. `counted` is what limits count instead; null where they count the same.
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

/** An environment variable. */
export interface VariableView {
  name: string;
  value: string;
}

export interface AssignClientStrategyParams {
  /** The client's id or name. */
  client_id: string;
  /** The strategy's id or name. */
  strategy_id: string;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface ClearCoolingParams {
  provider: string;
  model?: string | null;
}

export interface CompareRevisionParams {
  revision: number;
}

export interface CreateClientParams {
  name: string;
  /** The strategy's id or name. */
  strategy_id?: string | null;
  /** The strategy's id or name. */
  copy_of?: string | null;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
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
  request_fields?: RequestFieldsInput;
  timeouts?: TimeoutsInput;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface CreateStrategyParams {
  name: string;
  /** The client's id or name. */
  parent?: string | null;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface DeleteClientParams {
  /** The client's id or name. */
  client_id: string;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface DeletePricingOverrideParams {
  provider: string;
  model: string;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface DeleteProviderParams {
  name: string;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface DeleteProviderKeyParams {
  name: string;
  /** Which secret: "secret" (the key), "proxy" (a proxy's whole address) or "headers.NAME". */
  field?: string;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface DeleteStrategyParams {
  /** The strategy's id or name. */
  strategy_id: string;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
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

export interface GetLimitHistoryParams {
  /** The trailing period: 15m, 1h, 24h, 7d or 30d. */
  period: Period;
  /** The strategy's id or name. */
  strategy_id?: string | null;
}

export interface GetMetricsParams {
  /** llm_global, or a tier and an id or name in it: llm_strategy:default, llm_model:openai/gpt-4o. */
  scope: string;
  measure: Measure;
  /** Unix seconds. */
  since: number;
  until?: number | null;
  buckets?: number;
  /** Also return the preceding period of the same length. */
  compare?: boolean;
}

export interface GetRequestParams {
  request_id: string;
}

export interface GetSpendParams {
  /** The trailing period: 15m, 1h, 24h, 7d or 30d. */
  period: Period;
  /** By what the usage is split. */
  by?: Split;
  /** llm_global, or a tier and an id or name in it, as for `get_metrics`. */
  scope?: string;
  /** What `series` shows over time. */
  measure?: "cost_usd" | "requests" | "tokens";
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
  /** Unix seconds. */
  since: number;
  until?: number | null;
}

export interface ImportConfigParams {
  document: Record<string, unknown>;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface IssueSessionCodeParams {
  /** Also write a file that redirects a browser to the pages. It works for 60 seconds. */
  as_file?: boolean;
  /** Accept the code only at this port, to which the pages are moving. */
  port?: number | null;
}

export interface ListMetricScopesParams {
  tier: Tier;
}

export interface ListProgramsParams {
  address: string;
  model: string;
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
  /** The next_cursor of the previous page. */
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
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface RestoreRevisionParams {
  revision: number;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface RotateClientKeyParams {
  /** The client's id or name. */
  client_id: string;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface SetPricingOverrideParams {
  provider: string;
  model: string;
  input_per_million: number;
  output_per_million: number;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface SetProviderKeyParams {
  name: string;
  key: string;
  /** Which secret: "secret" (the key), "proxy" (a proxy's whole address) or "headers.NAME". */
  field?: string;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
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
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
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
  request_fields?: RequestFieldsInput | null;
  timeouts?: TimeoutsInput | null;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface UpdateServerConfigParams {
  server?: ServerFields | null;
  notices?: NoticesFields | null;
  desktop?: DesktopFields | null;
  logging?: LoggingFields | null;
  metrics?: MetricsFields | null;
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
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
  /** Refuse the call, naming what changed since, unless the configuration is at this revision. */
  expect_revision?: number | null;
  /** Repeating a call with the same key and parameters changes nothing and returns the first result. */
  idempotency_key?: string | null;
}

export interface ValidateConfigParams {
  document: Record<string, unknown>;
}

export interface Methods {
  acknowledge_usage_loss: { params: Record<string, never>; result: Acknowledged };
  assign_client_strategy: { params: AssignClientStrategyParams; result: AssignedStrategy };
  clear_cooling: { params: ClearCoolingParams; result: ClearedCooling };
  compare_revision: { params: CompareRevisionParams; result: Comparison };
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
  get_last_change: { params: Record<string, never>; result: LastChange | null };
  get_limit_history: { params: GetLimitHistoryParams; result: LimitHistoryView[] };
  get_metrics: { params: GetMetricsParams; result: ChartView };
  get_request: { params: GetRequestParams; result: RequestDetails };
  get_server_status: { params: Record<string, never>; result: ServerStatusView };
  get_spend: { params: GetSpendParams; result: SpendView };
  get_strategy: { params: GetStrategyParams; result: StrategyAtRevision };
  get_strategy_usage: { params: GetStrategyUsageParams; result: LimitUsage[] };
  get_usage_summary: { params: GetUsageSummaryParams; result: UsageSummaryView };
  import_config: { params: ImportConfigParams; result: ImportedConfig };
  issue_session_code: { params: IssueSessionCodeParams; result: SessionCode };
  list_clients: { params: Record<string, never>; result: ClientView[] };
  list_metric_scopes: { params: ListMetricScopesParams; result: string[] };
  list_models: { params: Record<string, never>; result: ModelView[] };
  list_programs: { params: ListProgramsParams; result: ProgramView[] };
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
  compare_revision: ["config"],
  discover_local_providers: ["providers"],
  explain_route: ["config", "usage", "status"],
  export_config: ["config"],
  get_client: ["clients", "strategies"],
  get_clients_using_strategy: ["strategies", "clients"],
  get_config: ["config", "status"],
  get_last_change: ["config"],
  get_limit_history: ["usage", "strategies"],
  get_metrics: ["usage"],
  get_request: ["usage"],
  get_server_status: ["config", "usage", "status"],
  get_spend: ["usage", "clients", "strategies", "providers", "pricing_overrides"],
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
    /** Accept that earlier usage was lost: limits count from there as if nothing had been used before the loss. */
    acknowledgeUsageLoss: () => call("acknowledge_usage_loss", {}) as Promise<Acknowledged>,
    /**
     * Assign a strategy to a client.
     *
     * If the strategy belongs to another client, it becomes a shared one. The client keeps owning its previous strategy.
     */
    assignClientStrategy: (params: AssignClientStrategyParams) => call("assign_client_strategy", params) as Promise<AssignedStrategy>,
    /**
     * End the cooling of a provider and all its models, or of one model, so that the next request tries it again.
     *
     * The result lists what was cooling.
     */
    clearCooling: (params: ClearCoolingParams) => call("clear_cooling", params) as Promise<ClearedCooling>,
    /** Return what restoring an earlier revision would change, without restoring it. */
    compareRevision: (params: CompareRevisionParams) => call("compare_revision", params) as Promise<Comparison>,
    /**
     * Create a client with its own key and its own strategy.
     *
     * With `strategy_id` it shares that strategy instead; with `copy_of` its own strategy starts as a copy of that one.
     * The result is the only place where the key is shown: only its digest is stored.
     */
    createClient: (params: CreateClientParams) => call("create_client", params) as Promise<CreatedClient>,
    /**
     * Add a provider.
     *
     * Give its key either as `key`, which is stored safely, or as `secret`, which refers to an environment variable
     * (env:VARIABLE) or to a stored secret (store:NAME). `free` says whether its calls cost nothing; if left out, they do
     * for known local servers at a loopback address.
     */
    createProvider: (params: CreateProviderParams) => call("create_provider", params) as Promise<ProviderResult>,
    /**
     * Create a strategy that allows every model, without auto-routing and without limits.
     *
     * With `parent`, a client, the strategy belongs to that client and is deleted with it.
     */
    createStrategy: (params: CreateStrategyParams) => call("create_strategy", params) as Promise<StrategyResult>,
    /**
     * Delete a client and the strategies it owns.
     *
     * An owned strategy that another client uses is kept without an owner, and the result names it.
     */
    deleteClient: (params: DeleteClientParams) => call("delete_client", params) as Promise<DeletedClient>,
    /** Delete your own price for a model. The price in its provider's list or in the packaged table applies again. */
    deletePricingOverride: (params: DeletePricingOverrideParams) => call("delete_pricing_override", params) as Promise<DeletedPricingOverride>,
    /**
     * Delete a provider with its key and its other stored secrets.
     *
     * Strategies that name it are unchanged, and the router skips its models in them; the result lists these strategies.
     */
    deleteProvider: (params: DeleteProviderParams) => call("delete_provider", params) as Promise<DeletedProvider>,
    /**
     * Delete a provider's key, or the secret that `field` names: "headers.NAME" or "proxy".
     *
     * It cannot be recovered, not even by restoring an earlier revision.
     */
    deleteProviderKey: (params: DeleteProviderKeyParams) => call("delete_provider_key", params) as Promise<DeletedKey>,
    /** Delete a strategy that no client uses. The default strategy cannot be deleted. */
    deleteStrategy: (params: DeleteStrategyParams) => call("delete_strategy", params) as Promise<DeletedStrategy>,
    /** Find model servers that are running on this computer at their usual addresses. */
    discoverLocalProviders: () => call("discover_local_providers", {}) as Promise<LocalServer[]>,
    /** End a session: its browser tab has to sign in again. */
    endSession: (params: EndSessionParams) => call("end_session", params) as Promise<EndedSession>,
    /**
     * Explain how a request would be routed now, without calling any provider.
     *
     * Give either the client or the strategy. Candidates are listed in order, each with the reason why it would be
     * skipped, if any, and the limits with what remains of them. A request with `input`, and without `messages`, is
     * taken for one of OpenAI's responses.
     */
    explainRoute: (params: ExplainRouteParams) => call("explain_route", params) as Promise<Record<string, unknown>>,
    /**
     * Return the configuration document alone, for saving to a file.
     *
     * It contains no keys: on another computer, providers' keys must be set again.
     */
    exportConfig: () => call("export_config", {}) as Promise<Config>,
    /** Return one client with the strategy it uses. */
    getClient: (params: GetClientParams) => call("get_client", params) as Promise<ClientView>,
    /** List the clients that use a strategy. */
    getClientsUsingStrategy: (params: GetClientsUsingStrategyParams) => call("get_clients_using_strategy", params) as Promise<ClientView[]>,
    /** Return the whole configuration document with all findings about it. */
    getConfig: () => call("get_config", {}) as Promise<ConfigView>,
    /** Return what the last change of the configuration was, and which revision undoes it; null before the first. */
    getLastChange: () => call("get_last_change", {}) as Promise<LastChange | null>,
    /** Return how full the limits of a strategy, or of all strategies, were over a trailing period. */
    getLimitHistory: (params: GetLimitHistoryParams) => call("get_limit_history", params) as Promise<LimitHistoryView[]>,
    /** Return a measure over time, for a chart. */
    getMetrics: (params: GetMetricsParams) => call("get_metrics", params) as Promise<ChartView>,
    /** Return one request with all its attempts and the explanation of its route. */
    getRequest: (params: GetRequestParams) => call("get_request", params) as Promise<RequestDetails>,
    /**
     * Return the router's state: where it runs, which providers answer, what is cooling and which limits are nearly
     * used up.
     */
    getServerStatus: () => call("get_server_status", {}) as Promise<ServerStatusView>,
    /**
     * Return usage over a trailing period, split by model, provider, client or strategy: cost, requests and tokens,
     * paid and free, what was saved, failures by kind, and the period before.
     */
    getSpend: (params: GetSpendParams) => call("get_spend", params) as Promise<SpendView>,
    /** Return one strategy and its revision, with the clients that use it and how much of each limit is used. */
    getStrategy: (params: GetStrategyParams) => call("get_strategy", params) as Promise<StrategyAtRevision>,
    /**
     * Return how much of each of a strategy's limits is used: what its window counts, and what running requests
     * reserve.
     *
     * Where a provider did not report usage, limits count more than metrics show.
     */
    getStrategyUsage: (params: GetStrategyUsageParams) => call("get_strategy_usage", params) as Promise<LimitUsage[]>,
    /** Return totals over a period: of everything, and of each client, strategy, provider and model. */
    getUsageSummary: (params: GetUsageSummaryParams) => call("get_usage_summary", params) as Promise<UsageSummaryView>,
    /**
     * Replace the whole configuration with the given document. The replaced one can be restored as an earlier revision.
     *
     * Clients that already exist here keep their keys, and a key that was rotated or deleted here stays refused.
     */
    importConfig: (params: ImportConfigParams) => call("import_config", params) as Promise<ImportedConfig>,
    /** Create a one-time code that signs in a browser tab. It expires after 15 minutes, or 60 seconds with `as_file`. */
    issueSessionCode: (params: IssueSessionCodeParams) => call("issue_session_code", params) as Promise<SessionCode>,
    /** List all clients, each with the strategy it uses. */
    listClients: () => call("list_clients", {}) as Promise<ClientView[]>,
    /**
     * List the scopes of a tier that have metrics, for use with `get_metrics`. Scopes of deleted clients and models
     * remain.
     */
    listMetricScopes: (params: ListMetricScopesParams) => call("list_metric_scopes", params) as Promise<string[]>,
    /** List all models that providers list or declare, in the providers' order, then by name. */
    listModels: () => call("list_models", {}) as Promise<ModelView[]>,
    /** List the programs that `localrouter launch` can start, and how each is pointed at the router. */
    listPrograms: (params: ListProgramsParams) => call("list_programs", params) as Promise<ProgramView[]>,
    /** List the providers that the router knows, with what each needs and whether its key is in the environment. */
    listProviderPresets: () => call("list_provider_presets", {}) as Promise<PresetView[]>,
    /** List all providers with their status, in the order in which bare model names are looked up. */
    listProviders: () => call("list_providers", {}) as Promise<ProviderView[]>,
    /**
     * List recorded requests, newest first. Filters left out match every request; `provider`, `model` and `kind` match
     * every request that had such an attempt, whoever served it in the end.
     */
    listRequests: (params: ListRequestsParams) => call("list_requests", params) as Promise<RequestPage>,
    /** List the configuration revisions that can be restored, newest first. */
    listRevisions: () => call("list_revisions", {}) as Promise<RevisionView[]>,
    /** List the requests that are being served now, longest-running first, each with its route so far. */
    listRunningRequests: (params: ListRunningRequestsParams) => call("list_running_requests", params) as Promise<RunningRequest[]>,
    /** List the browser tabs that are signed in, most recently used first. */
    listSessions: () => call("list_sessions", {}) as Promise<SessionView[]>,
    /** List all strategies, with the clients that use them and how much of each limit is used. */
    listStrategies: () => call("list_strategies", {}) as Promise<StrategyView[]>,
    /** Fetch the model lists again, from one provider or from all enabled ones. */
    refreshModels: (params: RefreshModelsParams) => call("refresh_models", params) as Promise<RefreshedList[]>,
    /** Rename a strategy. This makes a client's own strategy a shared one. */
    renameStrategy: (params: RenameStrategyParams) => call("rename_strategy", params) as Promise<StrategyResult>,
    /** Restart the router. Running requests get up to 10 seconds to finish. */
    restartServer: () => call("restart_server", {}) as Promise<Accepted>,
    /**
     * Restore an earlier revision of the configuration, as a new revision. A restore can itself be undone by restoring.
     *
     * Keys are not restored: clients keep their current ones, and deleted keys stay deleted. A client deleted in the
     * meantime comes back disabled and without a key. The result lists who needs a key.
     */
    restoreRevision: (params: RestoreRevisionParams) => call("restore_revision", params) as Promise<RestoredRevision>,
    /** Replace the admin token, and end all sessions and codes. Scripts read the new token from its file. */
    rotateAdminToken: () => call("rotate_admin_token", {}) as Promise<RotatedAdminToken>,
    /** Give a client a new key. The old key is refused from then on. */
    rotateClientKey: (params: RotateClientKeyParams) => call("rotate_client_key", params) as Promise<RotatedKey>,
    /** Set your own price for a model. It overrides every list and table. */
    setPricingOverride: (params: SetPricingOverrideParams) => call("set_pricing_override", params) as Promise<PricingOverrideResult>,
    /**
     * Store a provider's key in the system's keychain or in a private file. It is never shown again.
     *
     * The key is bound to the provider's current address, proxy and `ca_file`: if one of these changes, it is no longer
     * sent until you set it again. To store another of the provider's secrets, set `field` to "headers.NAME" or "proxy".
     */
    setProviderKey: (params: SetProviderKeyParams) => call("set_provider_key", params) as Promise<ProviderResult>,
    /** Bring the desktop window to the front. */
    showWindow: () => call("show_window", {}) as Promise<Accepted>,
    /** Stop the router and close its window, if it has one. Running requests get up to 10 seconds to finish. */
    stopServer: () => call("stop_server", {}) as Promise<Stopping>,
    /**
     * Test a provider by asking for its models with its key.
     *
     * The result says what was sent, how it ended and what to do about a failure.
     */
    testProvider: (params: TestProviderParams) => call("test_provider", params) as Promise<ProviderTest>,
    /**
     * Rename, enable or disable a client. Its own strategy is renamed with it, unless somebody has already renamed
     * that.
     */
    updateClient: (params: UpdateClientParams) => call("update_client", params) as Promise<ClientResult>,
    /**
     * Change the given fields of a provider.
     *
     * Fields left out stay as they are; null resets a field to its default. With `new_name`, every reference to the
     * provider is renamed too. The provider's health is reset, and stored secrets that nothing refers to any more are
     * deleted.
     */
    updateProvider: (params: UpdateProviderParams) => call("update_provider", params) as Promise<ProviderResult>,
    /**
     * Change the given settings of `server`, `notices`, `desktop`, `logging` and `metrics`.
     *
     * Settings left out stay as they are; null resets a setting, or a whole section, to its default. A new host, port or
     * max_body_mb takes effect after a restart; an address that cannot be listened on is refused.
     */
    updateServerConfig: (params: UpdateServerConfigParams) => call("update_server_config", params) as Promise<ServerConfigResult>,
    /**
     * Change the given fields of a strategy.
     *
     * Fields left out stay as they are; null resets a field to its default. Lists are replaced as a whole. An alias is
     * [name, model]; a name that ends in * takes all that begin alike. Renaming a client's own strategy makes it a shared
     * one.
     */
    updateStrategy: (params: UpdateStrategyParams) => call("update_strategy", params) as Promise<StrategyResult>,
    /** Check a configuration document without applying it. */
    validateConfig: (params: ValidateConfigParams) => call("validate_config", params) as Promise<Judgement>,
  };
}

export type Rpc = ReturnType<typeof createRpc>;
