import { type ComponentProps, lazy, Suspense } from "react";
import { Skeleton } from "../parts/display/Bits";
import type { MetricsPanel } from "./MetricsPanel";

const Panel = lazy(() => import("./MetricsPanel").then((module) => ({ default: module.MetricsPanel })));

/** The figures of a scope. The charts are fetched when they are first wanted. */
export function Metrics(props: ComponentProps<typeof MetricsPanel>) {
  return (
    <Suspense fallback={<Skeleton />}>
      <Panel {...props} />
    </Suspense>
  );
}
