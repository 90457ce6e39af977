import type { ReactNode } from "react";
import { sentence } from "../../api/errors";
import { address } from "../../state/match";
import type { PlainPath } from "../../state/paths";
import { useRemembered } from "../../state/remembered";
import { navigate, useSearch } from "../../state/router";
import { Button } from "../controls/Button";
import { Notice, Skeleton } from "../display/Bits";
import { Padded } from "../display/Layout";
import { Page } from "../display/Page";
import { Search } from "../forms/Field";

interface ListPageProps<Row> {
  title: string;
  /** The page's own path; its filter is remembered under it. */
  path: PlainPath;
  list: { data: readonly Row[] | undefined; error: Error | null };
  searchLabel: string;
  /** The one main action: what the button says, the word in the address that opens its dialog, and the dialog. */
  create: { verb: string; word: string; dialog: (onClose: () => void) => ReactNode };
  children: (all: readonly Row[], filter: string, onCreate: () => void) => ReactNode;
}

/** The frame of a page that lists what can be created: its search, its main action, and what is not read yet. */
export function ListPage<Row>({ title, path, list, searchLabel, create, children }: ListPageProps<Row>) {
  const [filter, setFilter] = useRemembered(`${path}:filter`, "");
  const isCreating = useSearch(create.word) !== null;
  const own = address(path);
  const open = () => navigate(`${own}?${create.word}`);
  // Once something was created, its own page may already be open.
  const close = () => {
    if (location.pathname === own) navigate(own, { replace: true });
  };
  const { data, error } = list;
  return (
    <Page
      title={title}
      flush
      actions={
        data?.length !== 0 && (
          <>
            <Search main label={searchLabel} value={filter} onChange={setFilter} />
            <Button look="primary" onClick={open}>
              {create.verb}
            </Button>
          </>
        )
      }
    >
      {data ? children(data, filter, open) : error ? <Refused>{sentence(error)}</Refused> : <Skeleton />}
      {isCreating && create.dialog(close)}
    </Page>
  );
}

/** A refusal in a page whose content goes to its edges. */
export function Refused({ children }: { children: ReactNode }) {
  return (
    <Padded>
      <Notice mood="bad">{children}</Notice>
    </Padded>
  );
}
