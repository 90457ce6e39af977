import { Component, type ReactNode } from "react";
import { EmptyState } from "../parts/Bits";
import { Button } from "../parts/Button";

/** A page that breaks says so, and leaves the others in reach. `key` it by the address to begin anew elsewhere. */
export class Faults extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    if (!this.state.isBroken) return this.props.children;
    return (
      <div className="padded">
        <EmptyState
          title="This page broke"
          action={<Button onClick={() => location.reload()}>Load the page anew</Button>}
        >
          A fault in the page, not in the router: requests are served as before. The browser's console tells more. After
          an update of LocalRouter, loading the page anew is all that it takes.
        </EmptyState>
      </div>
    );
  }
}
