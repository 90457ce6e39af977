import { Pause, Play } from "lucide-react";
import { useCallback, useEffect } from "react";
import { StatusDot } from "../../parts/Bits";
import { Button } from "../../parts/Button";
import { clock } from "../../parts/format";
import { Page } from "../../shell/Page";
import { announce } from "../../state/announcer";
import { useRemembered } from "../../state/remembered";
import { navigate, useSearch } from "../../state/router";
import { FilterBar } from "./FilterBar";
import { EVERYTHING, FILTER_PLACE, type Filter, filterIn } from "./filter";
import { MONITOR } from "./place";
import { RequestPanel } from "./RequestPanel";
import { Requests } from "./Requests";
import "../../parts/section.css";
import "./monitor.css";

/** Every request as it ends, the newest first; the one that is chosen tells how it was routed. */
export default function MonitorPage() {
  const [filter, setFilter] = useRemembered<Filter>(FILTER_PLACE, EVERYTHING);
  const [pausedAt, setPausedAt] = useRemembered<number | null>("monitor:paused", null);
  const open = useSearch("request");
  const close = useCallback(() => {
    navigate(MONITOR, { replace: true });
    requestAnimationFrame(() => document.querySelector<HTMLElement>(".monitor a.row-link[tabindex='0']")?.focus());
  }, []);
  const asked = [
    useSearch("client"),
    useSearch("strategy"),
    useSearch("provider"),
    useSearch("model"),
    useSearch("outcome"),
  ].join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: an address is followed once
  useEffect(() => {
    const wanted = filterIn(location.search);
    if (!wanted) return;
    setFilter(wanted);
    navigate(MONITOR, { replace: true });
  }, [asked]);
  const pause = () => {
    setPausedAt(pausedAt === null ? Date.now() / 1_000 : null);
    announce(pausedAt === null ? "Paused" : "Live again");
  };
  return (
    <Page
      title="Monitor"
      beside={
        <span className="liveness">
          <StatusDot mood={pausedAt === null ? "ok" : "warn"} />
          {pausedAt === null ? "live" : `paused at ${clock(pausedAt)}`}
        </span>
      }
      tabs={<FilterBar filter={filter} onChange={setFilter} />}
      actions={
        <Button onClick={pause}>
          {pausedAt === null ? <Pause aria-hidden /> : <Play aria-hidden />}
          {pausedAt === null ? "Pause" : "Go on"}
        </Button>
      }
      flush
    >
      <div className={`monitor ${open ? "split" : ""}`}>
        <Requests
          key={JSON.stringify(filter)}
          filter={filter}
          isPaused={pausedAt !== null}
          open={open}
          onClear={() => setFilter(EVERYTHING)}
        />
        {open && <RequestPanel key={open} id={open} onClose={close} />}
      </div>
    </Page>
  );
}
