import { useState } from "react";
import { sentence } from "../../api/errors";

/** For what is done at once from a row's menu: what was refused stays until the next attempt. */
export function useAttempts() {
  const [refusal, setRefusal] = useState<string | null>(null);
  const attempt = (action: Promise<unknown>) => {
    setRefusal(null);
    action.catch((error: unknown) => setRefusal(sentence(error)));
  };
  return { refusal, attempt };
}
