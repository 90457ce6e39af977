import { Component, type ReactNode } from "react";
import { Button } from "../../parts/controls/Button";
import { EmptyState } from "../../parts/display/Bits";
import { Padded } from "../../parts/display/Layout";
import { useConnection } from "../../state/connection";

/** A page that breaks says so, and leaves the others in reach. `key` it by the address to begin anew elsewhere. */
export class Faults extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const isDown = useConnection() === "lost";
  return (
    <Padded>
      <EmptyState title="This page broke" action={<Button onClick={() => location.reload()}>Reload</Button>}>
        {isDown
          ? "LocalRouter does not answer, so the page cannot be reloaded yet. Start LocalRouter first, then reload."
          : "The fault is in the page. The router answers, and programs are served as before. If a reload does not help, the browser's console tells more."}
      </EmptyState>
    </Padded>
  );
}
