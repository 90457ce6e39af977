/** Which field a finding of the router belongs to. Pure. */

import type { Place } from "../../api/errors";
import type { FindingView } from "../../api/generated";
import { type Draft, type GroupName, same } from "./draft";

export interface Remarked {
  message: string;
  severity: FindingView["severity"];
}

export type FindingsAt = (path: string) => Remarked[];

/** A path as the editor says it: `rate_limits[0].value`, without the strategy that it stands in. */
export function local(path: string): string {
  return path.replace(/^strategies\[\d+\]\.?/, "");
}

/**
 * The findings about one group, by the place within it (`[0].value`). Those of a refused save come first; what the
 * router remarks on its own state counts only while that is what stands on the screen.
 */
export function findingsOf(draft: Draft, group: GroupName, remarks: readonly FindingView[]): FindingsAt {
  const refused = draft.problem?.findings.map((place) => ({ ...place, severity: "error" as const })) ?? [];
  const isShown = same(draft.current[group], draft.base[group]);
  const all: FindingView[] = [...refused, ...(isShown ? remarks : [])];
  const here = all
    .map((finding) => ({ ...finding, path: local(finding.path) }))
    .filter(({ path }) => within(path, group));
  return (place) => here.filter(({ path }) => path.slice(group.length) === place);
}

/** Findings that belong to no field on the screen, so that nothing is swallowed. */
export function strays(places: readonly Place[], groups: readonly GroupName[]): Place[] {
  return places.filter((place) => !groups.some((group) => within(local(place.path), group)));
}

function within(path: string, group: GroupName): boolean {
  return path === group || path.startsWith(`${group}.`) || path.startsWith(`${group}[`);
}
