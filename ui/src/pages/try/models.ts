/** The models that a client may ask for: what `GET /v1/models` answers it. */

import { useQuery } from "@tanstack/react-query";
import { NotConnected } from "../../api/errors";
import { actingAs } from "./ask";
import { asRefusal } from "./refusal";

interface Listed {
  id: string;
  provider: string;
}

export function useModelsOf(clientId: string | null) {
  return useQuery<Listed[], Error>({
    queryKey: ["models of a client", clientId],
    queryFn: () => modelsOf(clientId ?? ""),
    enabled: clientId !== null,
    refetchInterval: 20_000,
    staleTime: 0,
    retry: false,
  });
}

async function modelsOf(clientId: string): Promise<Listed[]> {
  const response = await fetch("/v1/models", { headers: actingAs(clientId) }).catch(() => {
    throw new NotConnected();
  });
  const body: unknown = await response.json();
  const refusal = asRefusal(body);
  if (refusal) throw new Error(refusal.message);
  return (body as { data: Listed[] }).data;
}

/** Grouped by provider, in the list's own order. */
export function grouped(models: readonly Listed[]): [provider: string, models: Listed[]][] {
  const groups = new Map<string, Listed[]>();
  for (const model of models) groups.set(model.provider, [...(groups.get(model.provider) ?? []), model]);
  return [...groups];
}
