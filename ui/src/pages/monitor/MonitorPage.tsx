import { Pause, Play } from "lucide-react";
import { useCallback, useEffect } from "react";
import { useCommand } from "../../api/queries";
import { Button } from "../../parts/controls/Button";
import { StatusDot } from "../../parts/display/Bits";
import { Page } from "../../parts/display/Page";
import { joined } from "../../parts/words/classes";
import { clock, count } from "../../parts/words/format";
import { DemoLine } from "../../setup/demo/Demo";
import { announce } from "../../state/announcer";
import { useConnection } from "../../state/connection";
import { useRemembered } from "../../state/remembered";
import { navigate, useSearch } from "../../state/router";
import { FilterBar } from "./FilterBar";
import { addressOf, EVERYTHING, FILTER_PLACE, type Filter, filterIn, isSame, paramsOf } from "./filter";
import styles from "./monitor.module.css";
import { RequestPanel } from "./RequestPanel";
import { Requests } from "./Requests";
import { RunningNow } from "./RunningNow";
import { fits } from "./running";
import { useRunning } from "./useRunning";

/** Every request, while it runs and as it ends; the one that is chosen tells how it is or was routed. */
export default function MonitorPage() {
  const [filter, setFilter] = useRemembered<Filter>(FILTER_PLACE, EVERYTHING);
  const [pausedAt, setPausedAt] = useRemembered<number | null>("monitor:paused", null);
  const running = useRunning(pausedAt);
  const open = useSearch("request");
  const show = useCallback(
    (next: Filter, request: string | null) => {
      setFilter(next);
      navigate(addressOf(next, request), { replace: true });
    },
    [setFilter],
  );
  const close = useCallback(() => {
    const closed = new URLSearchParams(location.search).get("request") ?? "";
    navigate(addressOf(filter, null), { replace: true });
    requestAnimationFrame(() => rowOf(closed)?.focus());
  }, [filter]);
  const clear = useCallback(() => show(EVERYTHING, null), [show]);
  const asked = [
    useSearch("client"),
    useSearch("strategy"),
    useSearch("provider"),
    useSearch("model"),
    useSearch("outcome"),
    useSearch("kind"),
  ].join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: an address that is followed says what is shown
  useEffect(() => {
    const wanted = filterIn(location.search);
    if (wanted && !isSame(wanted, filter)) setFilter(wanted);
    // Who comes back without a filter in the address finds the former one, and the address tells it.
    if (!wanted && !isSame(filter, EVERYTHING)) navigate(addressOf(filter, open), { replace: true });
  }, [asked, open]);
  const pause = () => {
    setPausedAt(pausedAt === null ? Date.now() / 1_000 : null);
    announce(pausedAt === null ? "Paused" : "Live again");
  };
  const rows = running.listed?.items.filter((request) => fits(request, filter)) ?? [];
  return (
    <Page
      title="Monitor"
      beside={<Liveness pausedAt={pausedAt} filter={filter} />}
      tabs={
        <div>
          <DemoLine />
          <FilterBar filter={filter} onChange={(next) => show(next, open)} />
        </div>
      }
      actions={
        <Button onClick={pause}>
          {pausedAt === null ? <Pause aria-hidden /> : <Play aria-hidden />}
          {pausedAt === null ? "Pause" : "Resume"}
        </Button>
      }
      flush
    >
      <div data-part="monitor" className={joined(styles.monitor, open && styles.split)}>
        <RunningNow rows={rows} running={running} filter={filter} open={open} />
        <Requests
          key={JSON.stringify(filter)}
          filter={filter}
          pausedAt={pausedAt}
          open={open}
          above={rows.length}
          onClear={clear}
        />
        {open && <RequestPanel key={open} id={open} running={running} onClose={close} />}
      </div>
    </Page>
  );
}

const MOST_COUNTED = 500;

/** While the list stands still: how many requests that fit have come since. */
function useCame(filter: Filter, pausedAt: number | null): string {
  const since = { ...paramsOf(filter), since: pausedAt ?? 0, limit: MOST_COUNTED };
  const { data } = useCommand("list_requests", since, { enabled: pausedAt !== null, keepFormer: true });
  if (pausedAt === null || !data) return "";
  return `, ${count(data.items.length)}${data.next_cursor ? " or more" : ""} new since`;
}

function Liveness({ pausedAt, filter }: { pausedAt: number | null; filter: Filter }) {
  const came = useCame(filter, pausedAt);
  const isDown = useConnection() === "lost";
  const mood = isDown ? "bad" : pausedAt === null ? "ok" : "warn";
  return (
    <span className={styles.liveness}>
      <StatusDot mood={mood} />
      {isDown ? "not connected" : pausedAt === null ? "live" : `paused at ${clock(pausedAt)}${came}`}
    </span>
  );
}

/** The row of a request, wherever it stands by now, else one that is in the order of the Tab key. */
function rowOf(id: string): HTMLElement | null {
  for (const rows of [
    `[data-row="${CSS.escape(id)}"]`,
    "[data-part=requests] [tabindex='0']",
    "a[data-row][tabindex='0']",
  ]) {
    const found = document.querySelector<HTMLElement>(`[data-part=monitor] ${rows}`);
    if (found) return found;
  }
  return null;
}
