import { type ReactNode, useEffect, useRef, useState } from "react";
import { StatusWord } from "../display/Bits";

type Saving = "idle" | "saving" | "saved" | "failed";

const SHOWN_FOR = 2_400;

/** The one quiet word beside a title, and what to pass every change through. A failure stays until the next change. */
export function useSaving(): { word: ReactNode; through: <T>(work: Promise<T>) => Promise<T> } {
  const [state, setState] = useState<Saving>("idle");
  useEffect(() => {
    if (state !== "saved") return;
    const timer = setTimeout(() => setState("idle"), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [state]);

  // "Saved" is said of all that was changed: not while more is on its way, nor where a part of it failed.
  const onItsWay = useRef(0);
  const through = async <T,>(work: Promise<T>): Promise<T> => {
    onItsWay.current += 1;
    if (onItsWay.current === 1) setState("saving");
    try {
      const result = await work;
      if (onItsWay.current === 1) setState((now) => (now === "failed" ? now : "saved"));
      return result;
    } catch (error) {
      setState("failed");
      throw error;
    } finally {
      onItsWay.current -= 1;
    }
  };
  return { word: <Word state={state} />, through };
}

function Word({ state }: { state: Saving }) {
  if (state === "failed") return <StatusWord bad>Not saved</StatusWord>;
  return <StatusWord>{state === "saved" ? "Saved ✓" : ""}</StatusWord>;
}
