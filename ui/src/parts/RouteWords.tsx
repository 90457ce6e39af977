import type { RequestView } from "../api/generated";
import { servedBy } from "../trace/request";
import "./outcome.css";

/** "localrouter/auto → groq/llama-3.3-70b"; the model alone where it is the one that was asked for. */
export function RouteWords({
  request,
}: {
  request: Pick<RequestView, "model_asked" | "provider_served" | "model_served">;
}) {
  const served = servedBy(request);
  const asked = request.model_asked;
  const title = served && served !== asked ? `${asked} → ${served}` : asked;
  return (
    <span className="route-words mono" title={title}>
      <span className="truncate">{asked}</span>
      {served && served !== asked && (
        <>
          <span className="arrow" aria-hidden>
            →
          </span>
          <span className="visually-hidden">served by</span>
          <span className="truncate">{served}</span>
        </>
      )}
    </span>
  );
}
