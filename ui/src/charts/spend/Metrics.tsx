import { type ComponentProps, lazy, Suspense } from "react";
import { Skeleton } from "../../parts/display/Bits";
import type { SpendPanel } from "./SpendPanel";

const Panel = lazy(() => import("./SpendPanel").then((module) => ({ default: module.SpendPanel })));

/** The figures of a scope. The charts are fetched when they are first wanted. */
export function Metrics(props: ComponentProps<typeof SpendPanel>) {
  return (
    <Suspense fallback={<Skeleton />}>
      <Panel {...props} />
    </Suspense>
  );
}
