/** Reads server-sent events out of text that arrives in any pieces. */

export interface ServerEvent {
  event: string;
  data: unknown;
}

/** Each call takes the next piece and returns the events that it completes. */
export function eventReader(): (piece: string) => ServerEvent[] {
  let rest = "";
  return (piece) => {
    const blocks = (rest + piece).split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.map(parsed).filter((found) => found !== null);
  };
}

function parsed(block: string): ServerEvent | null {
  let event = "";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5).trim());
  }
  if (!event) return null;
  try {
    return { event, data: data.length ? JSON.parse(data.join("\n")) : null };
  } catch {
    return { event, data: null };
  }
}
