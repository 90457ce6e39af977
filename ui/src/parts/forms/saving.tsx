import { type ReactNode, useEffect, useState } from "react";
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

  const through = async <T,>(work: Promise<T>): Promise<T> => {
    setState("saving");
    try {
      const result = await work;
      setState("saved");
      return result;
    } catch (error) {
      setState("failed");
      throw error;
    }
  };
  return { word: <Word state={state} />, through };
}

function Word({ state }: { state: Saving }) {
  if (state === "failed") return <StatusWord bad>Not saved</StatusWord>;
  return <StatusWord>{state === "saved" ? "Saved ✓" : ""}</StatusWord>;
}
