import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { useRemembered } from "../../state/remembered";
import { Link, navigate } from "../../state/router";
import { Menu, type MenuItem } from "../controls/Menu";
import { TooltipStops } from "../controls/Tooltip";
import { joined } from "../words/classes";
import { type Sorted, type SortValue, useSorted } from "./sorting";
import styles from "./table.module.css";

export interface Column<Row> {
  key: string;
  title: ReactNode;
  /** A CSS width; columns without one share what is left. */
  width?: string;
  isNumber?: boolean;
  /** Left out where the window is narrow. */
  isExtra?: boolean;
  /** What the rows are sorted by where the title is pressed. */
  sort?: SortValue<Row>;
  /** Whether the first press shows the most first. */
  sortsDown?: boolean;
  cell: (row: Row) => ReactNode;
}

interface TableProps<Row> {
  /** What the table holds; also where its selection is remembered. */
  label: string;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** The first column: the name that opens the row. */
  first: {
    title: ReactNode;
    name: (row: Row) => ReactNode;
    beside?: (row: Row) => ReactNode;
    width?: string;
    sort?: SortValue<Row>;
  };
  columns: readonly Column<Row>[];
  to: (row: Row) => string;
  menu?: (row: Row) => readonly MenuItem[];
  nameOf: (row: Row) => string;
  /** The key of the row that is open beside the table. */
  current?: string | null;
}

/** The key of the first column. */
const FIRST = "(first)";
const ROW = 32;
const VIRTUAL_FROM = 80;

/** Arrows move between rows, Enter opens one; only one row is in the order of the Tab key. */
export function Table<Row extends object>({
  label,
  rows: listed,
  rowKey,
  first,
  columns,
  to,
  menu,
  nameOf,
  current,
}: TableProps<Row>) {
  const sorted = useSorted(label, listed, [{ key: FIRST, sort: first.sort }, ...columns]);
  const { rows } = sorted;
  const [selected, setSelected] = useRemembered<string | null>(`table:${label}`, null);
  const body = useRef<HTMLTableSectionElement>(null);
  const isVirtual = rows.length >= VIRTUAL_FROM;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => body.current?.closest<HTMLElement>("[data-scroll]") ?? null,
    estimateSize: () => ROW,
    overscan: 20,
    enabled: isVirtual,
  });
  const active = Math.max(
    0,
    rows.findIndex((row) => rowKey(row) === selected),
  );

  const move = (index: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (!row) return;
    const key = rowKey(row);
    setSelected(key);
    if (isVirtual) virtual.scrollToIndex(rows.indexOf(row), { align: "auto" });
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.dataset.row === undefined) return;
    const target = targetOf(event.key, active, rows.length);
    if (target === null) return;
    event.preventDefault();
    move(target);
  };

  const items = virtual.getVirtualItems();
  const shown = isVirtual ? items.map((item) => ({ index: item.index })) : rows.map((_, index) => ({ index }));
  const above = isVirtual ? (items[0]?.start ?? 0) : 0;
  const below = isVirtual ? virtual.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;

  return (
    <table className={styles.table} aria-label={label} aria-rowcount={rows.length + 1}>
      <colgroup>
        <col style={{ width: first.width }} />
        {columns.map((column) => (
          <col key={column.key} className={column.isExtra ? styles.extra : undefined} style={{ width: column.width }} />
        ))}
        {menu && <col style={{ width: "56px" }} />}
      </colgroup>
      <thead>
        <tr>
          <Head of={FIRST} title={first.title} sorted={sorted} />
          {columns.map((column) => (
            <Head key={column.key} of={column.key} title={column.title} sorted={sorted} className={classes(column)} />
          ))}
          {menu && (
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody ref={body} onKeyDown={onKeyDown}>
        <Spacer height={above} />
        {shown.map(({ index }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const key = rowKey(row);
          return (
            <TooltipStops key={key} value={index === active}>
              <tr
                className={joined(styles.opens, key === current && styles.current)}
                aria-rowindex={index + 2}
                onClick={(event) => {
                  setSelected(key);
                  if (!event.defaultPrevented && !(event.target as HTMLElement).closest("a, button")) navigate(to(row));
                }}
              >
                <td>
                  <Link
                    to={to(row)}
                    className={styles.link}
                    data-row={key}
                    aria-current={key === current || undefined}
                    tabIndex={index === active ? 0 : -1}
                    onFocus={() => setSelected(key)}
                  >
                    {first.name(row)}
                  </Link>
                  {first.beside?.(row)}
                </td>
                {columns.map((column) => (
                  <td key={column.key} className={classes(column)}>
                    {column.cell(row)}
                  </td>
                ))}
                {menu && (
                  <td className={styles.actions}>
                    <Menu label={`Actions for ${nameOf(row)}`} items={menu(row)} />
                  </td>
                )}
              </tr>
            </TooltipStops>
          );
        })}
        <Spacer height={below} />
      </tbody>
    </table>
  );
}

interface HeadProps<Row> {
  of: string;
  title: ReactNode;
  sorted: Sorted<Row>;
  className?: string;
}

/** A column's title; one that sorts says so, and which way. */
function Head<Row>({ of, title, sorted, className }: HeadProps<Row>) {
  const direction = sorted.direction(of);
  if (direction === undefined) {
    return (
      <th scope="col" className={className}>
        {title}
      </th>
    );
  }
  return (
    <th scope="col" className={className} aria-sort={direction}>
      <button type="button" className={styles.sort} onClick={() => sorted.press(of)}>
        {title}
        {direction !== "none" && <span aria-hidden> {direction === "descending" ? "↓" : "↑"}</span>}
      </button>
    </th>
  );
}

/** One cell: a span over columns that are left out would make further ones. */
function Spacer({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden>
      <td style={{ height, padding: 0, border: 0 }} />
    </tr>
  );
}

function classes(column: { isNumber?: boolean; isExtra?: boolean }): string {
  return joined(column.isNumber && styles.number, column.isExtra && styles.extra);
}

function targetOf(key: string, active: number, count: number): number | null {
  switch (key) {
    case "ArrowDown":
      return active + 1;
    case "ArrowUp":
      return active - 1;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
