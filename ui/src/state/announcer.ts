/** Says aloud to screen readers what the eye can see: one polite live region for all pages. */

const ID = "announcements";

export function announce(text: string): void {
  const region = document.getElementById(ID) ?? created();
  region.textContent = "";
  // A pause makes readers say the same sentence twice when it happens twice.
  setTimeout(() => {
    region.textContent = text;
  }, 50);
}

function created(): HTMLElement {
  const region = document.createElement("div");
  region.id = ID;
  region.className = "visually-hidden";
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  document.body.append(region);
  return region;
}
