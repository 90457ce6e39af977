import { Suspense, useCallback, useEffect, useState } from "react";
import { EmptyState, Skeleton } from "../parts/display/Bits";
import { Page } from "../parts/display/Page";
import { useEvents } from "../state/connection";
import { useKeptFocus } from "../state/focus";
import { address, pathIn } from "../state/match";
import { Link, usePathname } from "../state/router";
import { ClosingQuestion } from "./ClosingQuestion";
import { Down } from "./Down";
import { Faults } from "./Faults";
import { loadAhead } from "./loading";
import { Palette } from "./Palette";
import { findPage, NAV, PAGES } from "./routes";
import { Sidebar } from "./Sidebar";
import { useShortcuts } from "./shortcuts";

/** The window: the sidebar, and the page that the address names. */
export function Shell() {
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const openPalette = useCallback(() => setPaletteOpen(true), []);
  useEvents();
  useShortcuts(openPalette);
  useKeptFocus();
  useEffect(() => loadAhead(PAGES.map(({ load }) => load)), []);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Sidebar onPalette={openPalette} />
      <main className="main" id="main" tabIndex={-1}>
        <Down />
        <Current />
      </main>
      <ClosingQuestion />
      {isPaletteOpen && <Palette onClose={() => setPaletteOpen(false)} />}
    </div>
  );
}

function Current() {
  const path = pathIn(usePathname());
  const found = findPage(path);
  if (!found) return <NoSuchPage />;
  const { page, params } = found;
  return (
    <Faults key={path}>
      <Suspense fallback={<Skeleton />}>
        <page.view params={params} />
      </Suspense>
    </Faults>
  );
}

function NoSuchPage() {
  const first = NAV[0];
  return (
    <Page title="No such page">
      <EmptyState
        title="There is nothing at this address"
        action={
          first && (
            <Link className="button" to={address(...first.path.split("/"))}>
              Go to {first.title}
            </Link>
          )
        }
      >
        The address may be mistyped, or what it named was deleted.
      </EmptyState>
    </Page>
  );
}
