import { Suspense, useCallback, useEffect, useState } from "react";
import { ButtonLink } from "../../parts/controls/Button";
import { EmptyState, Skeleton } from "../../parts/display/Bits";
import { Page } from "../../parts/display/Page";
import { useEvents } from "../../state/connection";
import { useFocusMemory } from "../../state/focus";
import { address, pathIn } from "../../state/match";
import { usePathname } from "../../state/router";
import { loadAhead } from "../loading";
import { Notices } from "../notices/Notices";
import { Palette } from "../palette/Palette";
import { findPage, NAV, PAGES } from "../routes";
import { useShortcuts } from "../shortcuts";
import { ClosingQuestion } from "./ClosingQuestion";
import { Down } from "./Down";
import { Faults } from "./Faults";
import { LastChange } from "./LastChange";
import { Sidebar } from "./Sidebar";
import { StopQuestion } from "./StopQuestion";
import styles from "./shell.module.css";

/** The window: the sidebar, and the page that the address names. */
export function Shell() {
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [isStopping, setStopping] = useState(false);
  const openPalette = useCallback(() => setPaletteOpen(true), []);
  useEvents();
  useShortcuts(openPalette);
  useFocusMemory();
  useEffect(() => loadAhead(PAGES.map(({ load }) => load)), []);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to the page
      </a>
      <Sidebar onPalette={openPalette} />
      <main className={styles.main} id="main" tabIndex={-1}>
        <div>
          <Down />
        </div>
        <div className={styles.page}>
          <Current />
        </div>
      </main>
      <Notices />
      <LastChange />
      <ClosingQuestion />
      {isPaletteOpen && <Palette onClose={() => setPaletteOpen(false)} onStop={() => setStopping(true)} />}
      {isStopping && <StopQuestion onClose={() => setStopping(false)} />}
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
      <Suspense fallback={<Loading title={page.title} />}>
        <page.view params={params} />
      </Suspense>
    </Faults>
  );
}

/** The title stands where it will stand. */
function Loading({ title }: { title: string }) {
  return (
    <Page title={title} flush>
      <Skeleton />
    </Page>
  );
}

function NoSuchPage() {
  const first = NAV[0];
  return (
    <Page title="No such page">
      <EmptyState
        title="There is nothing at this address"
        action={first && <ButtonLink to={address(first.path)}>Go to {first.title}</ButtonLink>}
      >
        The address may be mistyped, or what it named was deleted.
      </EmptyState>
    </Page>
  );
}
