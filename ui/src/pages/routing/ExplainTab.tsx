import { type FormEvent, useId, useState } from "react";
import { sentence } from "../../api/errors";
import type { Endpoint, ExplainRouteParams, StrategyView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { Button } from "../../parts/controls/Button";
import { Notice, Skeleton } from "../../parts/display/Bits";
import { Field, Input, Select, TextArea } from "../../parts/forms/Field";
import { clock } from "../../parts/words/format";
import { TraceView } from "../../trace/TraceView";
import type { Explanation } from "../../trace/trace";
import strategyStyles from "./strategy.module.css";

const AUTO_MODEL = "localrouter/auto";
const ENDPOINTS: Record<Endpoint, string> = {
  "chat/completions": "chat completion",
  completions: "completion",
  embeddings: "embedding",
  count_tokens: "count of tokens",
};
const EXAMPLE = '{"messages": [{"role": "user", "content": "Hello"}]}';

/** What would happen to a request now. It calls no provider, and is told anew whenever something changes. */
export default function ExplainTab({ strategy }: { strategy: StrategyView }) {
  const { data: models = [] } = useCommand("list_models", {});
  const first = strategy.auto_config?.enabled ? AUTO_MODEL : "";
  const [model, setModel] = useState(first);
  const [endpoint, setEndpoint] = useState<Endpoint>("chat/completions");
  const [request, setRequest] = useState("");
  const [asked, setAsked] = useState<ExplainRouteParams | null>(
    first ? { strategy_id: strategy.id, model: first, endpoint: "chat/completions" } : null,
  );
  const [problem, setProblem] = useState<string | null>(null);
  const id = useId();

  const ask = (event: FormEvent) => {
    event.preventDefault();
    const body = bodyOf(request);
    setProblem(typeof body === "string" ? body : null);
    if (typeof body === "string") return;
    setAsked({ strategy_id: strategy.id, model: model.trim(), endpoint, ...(body && { request: body }) });
  };

  return (
    <div className={strategyStyles.explain}>
      <form onSubmit={ask}>
        <Field label="A client asks for">
          {(field) => (
            <Input
              {...field}
              className="mono"
              list={id}
              placeholder={AUTO_MODEL}
              value={model}
              onChange={(event) => setModel(event.target.value)}
            />
          )}
        </Field>
        <Field label="As a">
          {(field) => (
            <Select {...field} value={endpoint} onChange={(event) => setEndpoint(event.target.value as Endpoint)}>
              {(Object.keys(ENDPOINTS) as Endpoint[]).map((each) => (
                <option key={each} value={each}>
                  {ENDPOINTS[each]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Button type="submit" look="primary" disabled={!model.trim()}>
          Explain
        </Button>
        <details>
          <summary>Use your own request</summary>
          <Field
            label="Body, as JSON"
            error={problem}
            hint="Its length, tools, images and token limits count. It is not stored."
          >
            {(field) => (
              <TextArea
                {...field}
                placeholder={EXAMPLE}
                value={request}
                onChange={(event) => setRequest(event.target.value)}
              />
            )}
          </Field>
        </details>
        <datalist id={id}>
          {[AUTO_MODEL, ...strategy.aliases.map(([name]) => name), ...models.map((each) => each.id)].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </form>
      {asked && !problem && <Answer params={asked} />}
    </div>
  );
}

function Answer({ params }: { params: ExplainRouteParams }) {
  const { data, error } = useCommand("explain_route", params, { every: 5_000 });
  if (error) return <Notice mood="bad">{sentence(error)}</Notice>;
  if (!data) return <Skeleton rows={3} />;
  const explanation = data as unknown as Explanation;
  return (
    <section className={strategyStyles.verdict} aria-label="What would happen">
      <h2>{verdict(explanation)}</h2>
      {explanation.decision === "wait" && (
        <p>
          Running requests hold the rest of a limit. The request continues as soon as enough of them end, and is refused
          if that takes longer than a retry may wait.
        </p>
      )}
      {explanation.decision === "refuse" && (
        <p>
          {explanation.message} {explanation.code && <span className="mono quiet">{explanation.code}</span>}
        </p>
      )}
      {explanation.candidates.length > 0 && <TraceView trace={explanation} />}
    </section>
  );
}

function verdict({ decision, model, status, code, retry_at: until }: Explanation): string {
  switch (decision) {
    case "try":
      return `It would go to ${model}`;
    case "wait":
      return "It would wait for a running request to end";
    case "refuse":
      if (code === "limit_too_small") return `It would be refused with status ${status}, no matter how long you wait`;
      return `It would be refused with status ${status}${until ? ` until ${clock(until)}` : ""}`;
  }
}

/** The body, nothing where none is given, or the sentence that says what is wrong with it. */
function bodyOf(text: string): Record<string, unknown> | null | string {
  if (!text.trim()) return null;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
    return "The body of a request is an object: { … }.";
  } catch (error) {
    return `This is not JSON: ${sentence(error)}`;
  }
}
