/** Reads server-sent events out of text that arrives in any pieces. */

import { createParser } from "eventsource-parser";

export interface ServerEvent {
  event: string;
  data: unknown;
}

/** Each call takes the next piece and returns the events that it completes. */
export function eventReader(): (piece: string) => ServerEvent[] {
  const found: ServerEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event) found.push({ event, data: parsed(data) });
    },
  });
  return (piece) => {
    parser.feed(piece);
    return found.splice(0);
  };
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
