/** By which column a table's rows are sorted. The order is remembered with the list. */

import {
  constructTable,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  sortFn_alphanumeric,
  tableFeatures,
} from "@tanstack/table-core";
import { storeReactivityBindings } from "@tanstack/table-core/store-reactivity-bindings";
import { useMemo } from "react";
import { useRemembered } from "../../state/remembered";

/** What a row is sorted by in one column; unknown is null, and comes last whichever way. */
export type SortValue<Row> = (row: Row) => string | number | null;

export interface Sortable<Row> {
  key: string;
  sort?: SortValue<Row> | undefined;
  /** Whether the first press shows the most first. */
  sortsDown?: boolean | undefined;
}

export interface Sorted<Row> {
  rows: readonly Row[];
  /** Undefined where the column does not sort. */
  direction: (key: string) => "ascending" | "descending" | "none" | undefined;
  press: (key: string) => void;
}

const FEATURES = tableFeatures({
  coreReactivityFeature: storeReactivityBindings(),
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric },
});

const UNSORTED: SortingState = [];

export function useSorted<Row extends object>(
  label: string,
  listed: readonly Row[],
  columns: readonly Sortable<Row>[],
): Sorted<Row> {
  const [sorting, setSorting] = useRemembered<SortingState>(`table:${label}:sort`, UNSORTED);
  const names = columns.map(({ key }) => key).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: a column of the same name sorts the same way
  const rows = useMemo(() => sorted(listed, columns, sorting), [listed, names, sorting]);
  return {
    rows,
    direction: (key) => {
      if (!columns.some((column) => column.key === key && column.sort)) return undefined;
      const found = sorting.find(({ id }) => id === key);
      return found ? (found.desc ? "descending" : "ascending") : "none";
    },
    press: (key) => setSorting(pressed(sorting, key, columns.find((column) => column.key === key)?.sortsDown ?? false)),
  };
}

export function sorted<Row extends object>(
  rows: readonly Row[],
  columns: readonly Sortable<Row>[],
  sorting: SortingState,
): readonly Row[] {
  if (sorting.length === 0) return rows;
  const table = constructTable<typeof FEATURES, Row>({
    features: FEATURES,
    data: [...rows],
    state: { sorting },
    columns: columns.flatMap(({ key, sort }) =>
      sort
        ? [{ id: key, accessorFn: (row) => sort(row) ?? undefined, sortUndefined: "last", sortFn: "alphanumeric" }]
        : [],
    ),
  });
  return table.getRowModel().rows.map(({ original }) => original);
}

/** A press on a column's title: its way first, then the other way, then as listed. */
export function pressed(sorting: SortingState, key: string, startsDown: boolean): SortingState {
  const now = sorting.find(({ id }) => id === key);
  if (!now) return [{ id: key, desc: startsDown }];
  return now.desc === startsDown ? [{ id: key, desc: !startsDown }] : UNSORTED;
}
