import { type ComponentProps, lazy, Suspense } from "react";
import type { MetricsPanel } from "../charts/MetricsPanel";
import { Skeleton } from "./Bits";

const Panel = lazy(() => import("../charts/MetricsPanel").then((module) => ({ default: module.MetricsPanel })));

/** The figures of a scope. The charts are fetched when they are first wanted. */
export function Metrics(props: ComponentProps<typeof MetricsPanel>) {
  return (
    <Suspense fallback={<Skeleton />}>
      <Panel {...props} />
    </Suspense>
  );
}
