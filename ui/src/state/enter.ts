import { useEffect, useState } from "react";

/** What Enter does in a list to choose from. Pressed before the list has loaded, it chooses once it has. */
export function useEnter(hasLoaded: boolean, choose: () => void): () => void {
  const [isWaiting, setIsWaiting] = useState(false);

  useEffect(() => {
    if (!isWaiting || !hasLoaded) return;
    setIsWaiting(false);
    choose();
  }, [isWaiting, hasLoaded, choose]);

  return () => (hasLoaded ? choose() : setIsWaiting(true));
}
