import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { queries } from "../api/queries";
import { keepToken, takeTokenFromAddress, token } from "../api/token";
import { onNoAccess } from "../api/transport";
import { Button } from "../parts/Button";
import { CopyButton } from "../parts/Copy";
import { Field, Input } from "../parts/Field";

/** Shows the pages to whoever has the token, and to everybody else how to get in. */
export function AccessGate({ children }: { children: ReactNode }) {
  const [hasToken, setHasToken] = useState(() => token() !== null);
  const [wasRefused, setWasRefused] = useState(false);

  useEffect(
    () =>
      onNoAccess(() => {
        setHasToken(false);
        setWasRefused(true);
      }),
    [],
  );
  useEffect(() => {
    const onHashChange = () => {
      takeTokenFromAddress();
      setHasToken(token() !== null);
    };
    addEventListener("hashchange", onHashChange);
    return () => removeEventListener("hashchange", onHashChange);
  }, []);

  const enter = (given: string) => {
    keepToken(given);
    queries.clear();
    setWasRefused(false);
    setHasToken(true);
  };
  return hasToken ? children : <Door wasRefused={wasRefused} onToken={enter} />;
}

function Door({ wasRefused, onToken }: { wasRefused: boolean; onToken: (token: string) => void }) {
  const [given, setGiven] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (given.trim()) onToken(given);
  };
  return (
    <main className="gate">
      <h1>{wasRefused ? "This token does not open this router" : "These pages need a token"}</h1>
      <p>
        {wasRefused
          ? "It may belong to another home, or it was replaced. Open the pages anew from a terminal:"
          : "Only who may read this computer's files may change its router. Open the pages from a terminal:"}
      </p>
      <p>
        <CopyButton text="localrouter open" what="command" />
      </p>
      <form onSubmit={submit}>
        <Field label="Or paste the token" hint="It is in the file admin.token of LocalRouter's home.">
          {(field) => (
            <Input {...field} type="password" value={given} onChange={(event) => setGiven(event.target.value)} />
          )}
        </Field>
      </form>
      <p>
        <Button look="primary" disabled={!given.trim()} onClick={() => onToken(given)}>
          Open the pages
        </Button>
      </p>
    </main>
  );
}
