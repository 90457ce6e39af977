/** What a command answers when it is refused, and what the pages say when nobody answers. */

import type { FindingView } from "./generated";

export const Code = {
  invalidParams: -32602,
  internal: -32603,
  notFound: -32001,
  conflict: -32002,
  refused: -32003,
  unavailable: -32004,
} as const;

export type Place = Pick<FindingView, "path" | "message">;

/** A refused command. `message` is written for people; `findings` say where the input is wrong. */
export class RpcError extends Error {
  readonly code: number;
  readonly findings: readonly Place[];
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: number, message: string, data: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.data = data;
    this.findings = Array.isArray(data.findings) ? data.findings.filter(isPlace) : [];
  }
}

/** The router does not answer, or not with what a router answers. */
export class NotConnected extends Error {
  constructor() {
    super("LocalRouter does not answer.");
    this.name = "NotConnected";
  }
}

/** The session is missing, has ended, or is not this router's. */
export class NoAccess extends Error {
  constructor() {
    super("This tab's session has ended. Open the pages again from a terminal.");
    this.name = "NoAccess";
  }
}

export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong, and nothing says what.";
}

export function isMissing(error: unknown): boolean {
  return error instanceof RpcError && error.code === Code.notFound;
}

function isPlace(value: unknown): value is Place {
  return typeof value === "object" && value !== null && "path" in value && "message" in value;
}
