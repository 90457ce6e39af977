import type { RequestView } from "../api/generated";
import { joined } from "../parts/words/classes";
import styles from "./outcome.module.css";
import { servedBy } from "./request";

interface RouteWordsProps {
  request: Pick<RequestView, "model_asked" | "provider_served" | "model_served">;
  /** What the arrow is read as. */
  arrow?: "served by" | "calling";
}

/** "localrouter/auto → groq/llama-3.3-70b"; the model alone where it is the one that was asked for. */
export function RouteWords({ request, arrow = "served by" }: RouteWordsProps) {
  const served = servedBy(request);
  const asked = request.model_asked;
  return (
    <span className={joined(styles.route, "mono")}>
      <span>{asked}</span>
      {served && served !== asked && (
        <>
          <span className={styles.arrow} aria-hidden>
            →
          </span>
          <span className="visually-hidden">{arrow}</span>
          <span>{served}</span>
        </>
      )}
    </span>
  );
}
