import type { RequestView } from "../../api/generated";
import { useCommand } from "../../api/queries";
import { ButtonLink } from "../../parts/controls/Button";
import { EmptyState } from "../../parts/display/Bits";
import { Section } from "../../parts/display/Section";
import { Table } from "../../parts/display/Table";
import { clock } from "../../parts/words/format";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import { MONITOR, requestAddress } from "../../trace/place";
import { timeColumn, useRequestColumns } from "../../trace/RequestColumns";
import { areOfSeveral } from "../../trace/why";
import styles from "./home.module.css";

const SHOWN = 8;
const NONE: readonly RequestView[] = [];

/** The newest requests; each opens its trace in the monitor. */
export function Recent() {
  const { data } = useCommand("list_requests", { limit: SHOWN });
  const { data: clients = [] } = useCommand("list_clients", {});
  const requests = data?.items ?? NONE;
  const columns = useRequestColumns(requests, { client: areOfSeveral(requests), tokens: false, amounts: false });
  if (!data) return null;
  return (
    <Section title="Last requests" actions={data.items.length > 0 && <Link to={MONITOR}>Monitor</Link>}>
      {data.items.length === 0 ? (
        <EmptyState
          title="No request yet"
          action={
            <ButtonLink to={clients[0] ? address("clients", clients[0].id, "connect") : address("clients")}>
              Connect a program
            </ButtonLink>
          }
        >
          A program sends its requests to the address above, with its key. Each appears here as it ends.
        </EmptyState>
      ) : (
        <div className={styles.lastRequests}>
          <Table
            label="Last requests"
            rows={data.items}
            rowKey={(request) => request.request_id}
            nameOf={(request) => `the request of ${clock(request.started_at)}`}
            to={(request) => requestAddress(request.request_id)}
            first={timeColumn(data.items)}
            columns={columns}
          />
        </div>
      )}
    </Section>
  );
}
