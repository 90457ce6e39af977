BEGIN TRANSACTION;
CREATE TABLE attempts(
    request INTEGER NOT NULL REFERENCES requests(id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    kind TEXT,
    status INTEGER,
    started_at REAL NOT NULL,
    duration REAL NOT NULL,
    first_token REAL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    message TEXT,
    PRIMARY KEY(request, number)
) WITHOUT ROWID;
INSERT INTO "attempts" VALUES(1,1,'local','small',NULL,200,1790000000.0,0.4,NULL,100,50,0,0,0,1000,0,NULL);
INSERT INTO "attempts" VALUES(2,1,'local','small',NULL,200,1790000050.0,0.4,NULL,100,50,0,0,0,1000,0,NULL);
INSERT INTO "attempts" VALUES(3,1,'local','small',NULL,200,1790000100.0,0.4,NULL,100,50,0,0,0,1000,0,NULL);
INSERT INTO "attempts" VALUES(4,1,'local','small',NULL,200,1790000150.0,0.4,NULL,100,50,0,0,0,1000,0,NULL);
INSERT INTO "attempts" VALUES(5,1,'local','small','cancelled',500,1790000000.0,0.4,NULL,20,0,0,0,1,1000,0,'said no');
CREATE TABLE marks(name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE requests(
    id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL UNIQUE,
    started_at REAL NOT NULL,
    settled_at REAL NOT NULL,
    client_id TEXT NOT NULL,
    strategy_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    model_asked TEXT NOT NULL,
    provider_served TEXT,
    model_served TEXT,
    outcome TEXT NOT NULL,
    kind TEXT,
    status INTEGER NOT NULL,
    streamed INTEGER NOT NULL,
    duration REAL NOT NULL,
    first_token REAL,
    overhead REAL NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    attempts INTEGER NOT NULL
);
INSERT INTO "requests" VALUES(1,'old-0',1790000000.0,1790000000.5,'app','default','chat/completions','localrouter/auto','local','small','success',NULL,200,0,0.5,NULL,0.001,100,50,0,0,0,1000,0,1);
INSERT INTO "requests" VALUES(2,'old-1',1790000050.0,1790000050.5,'app','default','chat/completions','localrouter/auto','local','small','success',NULL,200,0,0.5,NULL,0.001,100,50,0,0,0,1000,0,1);
INSERT INTO "requests" VALUES(3,'old-2',1790000100.0,1790000100.5,'app','default','chat/completions','localrouter/auto','local','small','success',NULL,200,0,0.5,NULL,0.001,100,50,0,0,0,1000,0,1);
INSERT INTO "requests" VALUES(4,'old-3',1790000150.0,1790000150.5,'app','default','chat/completions','localrouter/auto','local','small','success',NULL,200,0,0.5,NULL,0.001,100,50,0,0,0,1000,0,1);
INSERT INTO "requests" VALUES(5,'old-left',1790000070.0,1790000070.5,'app','default','chat/completions','localrouter/auto',NULL,NULL,'cancelled','cancelled',502,0,0.5,NULL,0.001,20,0,0,0,1,1000,0,1);
CREATE TABLE rollups(
    metric_type TEXT NOT NULL,
    granularity TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    successful_requests INTEGER NOT NULL,
    failed_requests INTEGER NOT NULL,
    denied_requests INTEGER NOT NULL,
    metered_requests INTEGER NOT NULL,
    unpriced_requests INTEGER NOT NULL,
    estimated_requests INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    latency_us INTEGER NOT NULL,
    first_tokens INTEGER NOT NULL,
    first_token_us INTEGER NOT NULL,
    p50_latency_ms REAL,
    p95_latency_ms REAL,
    p99_latency_ms REAL,
    latencies BLOB NOT NULL,
    PRIMARY KEY(metric_type, granularity, timestamp)
) WITHOUT ROWID;
INSERT INTO "rollups" VALUES('llm_global','day',1789948800,5,4,0,0,5,0,1,420,200,0,0,5000,2500000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40105');
INSERT INTO "rollups" VALUES('llm_global','hour',1789999200,5,4,0,0,5,0,1,420,200,0,0,5000,2500000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40105');
INSERT INTO "rollups" VALUES('llm_global','minute',1789999980,1,1,0,0,1,0,0,100,50,0,0,1000,500000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40101');
INSERT INTO "rollups" VALUES('llm_global','minute',1790000040,2,1,0,0,2,0,1,120,50,0,0,2000,1000000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40102');
INSERT INTO "rollups" VALUES('llm_global','minute',1790000100,2,2,0,0,2,0,0,200,100,0,0,2000,1000000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40102');
INSERT INTO "rollups" VALUES('llm_key:app','day',1789948800,5,4,0,0,5,0,1,420,200,0,0,5000,2500000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40105');
INSERT INTO "rollups" VALUES('llm_key:app','hour',1789999200,5,4,0,0,5,0,1,420,200,0,0,5000,2500000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40105');
INSERT INTO "rollups" VALUES('llm_key:app','minute',1789999980,1,1,0,0,1,0,0,100,50,0,0,1000,500000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40101');
INSERT INTO "rollups" VALUES('llm_key:app','minute',1790000040,2,1,0,0,2,0,1,120,50,0,0,2000,1000000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40102');
INSERT INTO "rollups" VALUES('llm_key:app','minute',1790000100,2,2,0,0,2,0,0,200,100,0,0,2000,1000000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40102');
INSERT INTO "rollups" VALUES('llm_model:local/small','day',1789948800,5,4,0,0,5,0,1,420,200,0,0,5000,2000000,0,0,4.10896504784893124885e+02,4.10896504784893124885e+02,4.10896504784893124885e+02,X'A20105');
INSERT INTO "rollups" VALUES('llm_model:local/small','hour',1789999200,5,4,0,0,5,0,1,420,200,0,0,5000,2000000,0,0,4.10896504784893124885e+02,4.10896504784893124885e+02,4.10896504784893124885e+02,X'A20105');
INSERT INTO "rollups" VALUES('llm_model:local/small','minute',1789999980,1,1,0,0,1,0,0,100,50,0,0,1000,400000,0,0,4.10896504784893124885e+02,4.10896504784893124885e+02,4.10896504784893124885e+02,X'A20101');
INSERT INTO "rollups" VALUES('llm_model:local/small','minute',1790000040,2,1,0,0,2,0,1,120,50,0,0,2000,800000,0,0,4.10896504784893124885e+02,4.10896504784893124885e+02,4.10896504784893124885e+02,X'A20102');
INSERT INTO "rollups" VALUES('llm_model:local/small','minute',1790000100,2,2,0,0,2,0,0,200,100,0,0,2000,800000,0,0,4.10896504784893124885e+02,4.10896504784893124885e+02,4.10896504784893124885e+02,X'A20102');
INSERT INTO "rollups" VALUES('llm_provider:local','day',1789948800,5,4,0,0,5,0,1,420,200,0,0,5000,2000000,0,0,4.10896504784893124885e+02,4.10896504784893124885e+02,4.10896504784893124885e+02,X'A20105');
INSERT INTO "rollups" VALUES('llm_provider:local','hour',1789999200,5,4,0,0,5,0,1,420,200,0,0,5000,2000000,0,0,4.10896504784893124885e+02,4.10896504784893124885e+02,4.10896504784893124885e+02,X'A20105');
INSERT INTO "rollups" VALUES('llm_provider:local','minute',1789999980,1,1,0,0,1,0,0,100,50,0,0,1000,400000,0,0,4.10896504784893124885e+02,4.10896504784893124885e+02,4.10896504784893124885e+02,X'A20101');
INSERT INTO "rollups" VALUES('llm_provider:local','minute',1790000040,2,1,0,0,2,0,1,120,50,0,0,2000,800000,0,0,4.10896504784893124885e+02,4.10896504784893124885e+02,4.10896504784893124885e+02,X'A20102');
INSERT INTO "rollups" VALUES('llm_provider:local','minute',1790000100,2,2,0,0,2,0,0,200,100,0,0,2000,800000,0,0,4.10896504784893124885e+02,4.10896504784893124885e+02,4.10896504784893124885e+02,X'A20102');
INSERT INTO "rollups" VALUES('llm_strategy:default','day',1789948800,5,4,0,0,5,0,1,420,200,0,0,5000,2500000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40105');
INSERT INTO "rollups" VALUES('llm_strategy:default','hour',1789999200,5,4,0,0,5,0,1,420,200,0,0,5000,2500000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40105');
INSERT INTO "rollups" VALUES('llm_strategy:default','minute',1789999980,1,1,0,0,1,0,0,100,50,0,0,1000,500000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40101');
INSERT INTO "rollups" VALUES('llm_strategy:default','minute',1790000040,2,1,0,0,2,0,1,120,50,0,0,2000,1000000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40102');
INSERT INTO "rollups" VALUES('llm_strategy:default','minute',1790000100,2,2,0,0,2,0,0,200,100,0,0,2000,1000000,0,0,4.82232703532270534207e+02,4.82232703532270534207e+02,4.82232703532270534207e+02,X'A40102');
CREATE TABLE traces(
    request INTEGER PRIMARY KEY REFERENCES requests(id) ON DELETE CASCADE,
    trace TEXT NOT NULL
);
INSERT INTO "traces" VALUES(1,'{"candidates": []}');
INSERT INTO "traces" VALUES(2,'{"candidates": []}');
INSERT INTO "traces" VALUES(3,'{"candidates": []}');
INSERT INTO "traces" VALUES(4,'{"candidates": []}');
INSERT INTO "traces" VALUES(5,'{"candidates": []}');
CREATE TABLE usage(
    strategy_id TEXT NOT NULL,
    minute INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    PRIMARY KEY(strategy_id, minute)
) WITHOUT ROWID;
INSERT INTO "usage" VALUES('default',1789999980,1,100,50,1000);
INSERT INTO "usage" VALUES('default',1790000040,2,120,50,2000);
INSERT INTO "usage" VALUES('default',1790000100,2,200,100,2000);
CREATE INDEX requests_by_start ON requests(started_at);
CREATE INDEX requests_by_settlement ON requests(settled_at);
CREATE INDEX requests_by_client ON requests(client_id, started_at);
CREATE INDEX requests_by_strategy ON requests(strategy_id, started_at);
CREATE INDEX requests_not_served ON requests(outcome, started_at) WHERE outcome <> 'success';
CREATE INDEX rollups_by_time ON rollups(granularity, timestamp);
CREATE VIEW metrics(
    metric_type, timestamp, granularity,
    requests, successful_requests, failed_requests, denied_requests,
    input_tokens, output_tokens, cost_usd,
    avg_latency_ms, p50_latency_ms, p95_latency_ms, p99_latency_ms
) AS
-- timestamp: start of the interval, Unix seconds (UTC); datetime(timestamp, 'unixepoch') makes it readable.
-- requests = successful + failed + cancelled by the client; denied ones are counted apart.
-- llm_provider and llm_model count attempts, the other tiers requests.
-- Use one granularity at a time: each is complete in itself.
SELECT metric_type, timestamp, granularity,
    requests, successful_requests, failed_requests, denied_requests,
    input_tokens, output_tokens, cost / 1e12,
    latency_us / 1e3 / nullif(requests, 0), p50_latency_ms, p95_latency_ms, p99_latency_ms
FROM rollups;
COMMIT;
PRAGMA user_version = 1;
