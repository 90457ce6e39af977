import { useCommand } from "../../api/queries";
import { ButtonLink } from "../../parts/controls/Button";
import { EmptyState } from "../../parts/display/Bits";
import { Section } from "../../parts/display/Section";
import { Table } from "../../parts/display/Table";
import { clock, duration } from "../../parts/words/format";
import { address } from "../../state/match";
import { Link } from "../../state/router";
import { Outcome } from "../../trace/Outcome";
import { MONITOR, requestAddress, timeWidth } from "../../trace/place";
import { RouteWords } from "../../trace/RouteWords";
import { costOf } from "../../trace/request";

const SHOWN = 8;

/** The newest requests; each opens its trace in the monitor. */
export function Recent() {
  const { data } = useCommand("list_requests", { limit: SHOWN });
  const { data: clients = [] } = useCommand("list_clients", {});
  const names = new Map(clients.map((client) => [client.id, client.name]));
  if (!data) return null;
  return (
    <Section title="Recent requests" actions={data.items.length > 0 && <Link to={MONITOR}>All requests</Link>}>
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
        <div className="bleed">
          <Table
            label="Recent requests"
            rows={data.items}
            rowKey={(request) => request.request_id}
            nameOf={(request) => `the request of ${clock(request.started_at)}`}
            to={(request) => requestAddress(request.request_id)}
            first={{ title: "Time", name: (request) => clock(request.started_at), width: timeWidth(data.items) }}
            columns={[
              { key: "outcome", title: "Outcome", width: "160px", cell: (request) => <Outcome request={request} /> },
              {
                key: "client",
                title: "Client",
                width: "16%",
                cell: ({ client_id }) => names.get(client_id) ?? <span className="quiet">deleted client</span>,
              },
              { key: "route", title: "Asked for, served by", cell: (request) => <RouteWords request={request} /> },
              { key: "cost", title: "Cost", width: "92px", isNumber: true, cell: costOf },
              {
                key: "took",
                title: "Took",
                width: "84px",
                isNumber: true,
                cell: (request) => duration(request.duration_ms),
              },
            ]}
          />
        </div>
      )}
    </Section>
  );
}
