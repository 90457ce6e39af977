/** Puts what the router refuses beside the fields that it is about, in the router's own words. */

import { useState } from "react";
import { Code, RpcError, sentence } from "../../api/errors";

export interface Placed {
  /** By field: what is wrong with it. */
  at: Readonly<Record<string, string>>;
  /** What belongs to no field that is shown. */
  rest: string | null;
}

/** Everything was said beside the fields: nothing is left to say elsewhere. */
export class SaidAtField extends Error {
  constructor() {
    super("");
    this.name = "SaidAtField";
  }
}

/** `otherwise` is the field that a refusal without a place is about: usually the name. */
export function placed(error: unknown, fields: readonly string[], otherwise?: string): Placed {
  if (!(error instanceof RpcError)) return { at: {}, rest: sentence(error) };
  if (error.findings.length === 0) {
    const isOfField = otherwise !== undefined && error.code === Code.refused;
    return isOfField ? { at: { [otherwise]: error.message }, rest: null } : { at: {}, rest: error.message };
  }
  const at: Record<string, string> = {};
  const rest: string[] = [];
  for (const { path, message } of error.findings) {
    const field = fieldOf(path, fields);
    if (field === undefined) rest.push(message);
    else at[field] = at[field] ? `${at[field]} ${message}` : message;
  }
  return { at, rest: rest.length ? rest.join(" ") : null };
}

/** What a single field is to say of a refusal. */
export function sentences(error: unknown): string {
  if (error instanceof RpcError && error.findings.length > 0) {
    return error.findings.map(({ message }) => message).join(" ");
  }
  return sentence(error);
}

/** For dialogs: runs an action, keeps what was refused for its fields, and lets the dialog stay open. */
export function useProblems(fields: readonly string[], otherwise?: string) {
  const [at, setAt] = useState<Placed["at"]>({});
  const guard = async <T>(run: () => Promise<T>): Promise<T> => {
    setAt({});
    try {
      return await run();
    } catch (error) {
      const { at: found, rest } = placed(error, fields, otherwise);
      setAt(found);
      throw rest === null ? new SaidAtField() : new Error(rest);
    }
  };
  return { at, guard };
}

/** `providers[7].headers.X-Team` is about `headers`, and about `headers.X-Team` where that is a field of its own. */
function fieldOf(path: string, fields: readonly string[]): string | undefined {
  const inside = path.replace(/^[a-z_]+\[\d+\]\.?/, "");
  return [...fields]
    .sort((one, other) => other.length - one.length)
    .find((field) => inside === field || inside.startsWith(`${field}.`) || inside.startsWith(`${field}[`));
}
