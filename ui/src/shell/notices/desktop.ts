/** Notices on the desktop, where the browser has them and the user allows them. Other tabs send the same only once. */

import { type Sent, type Told, toSend } from "./notices";

const PLACE = "localrouter:notices-sent";

export function sendToDesktop(all: readonly Told[]): void {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  const { fresh, sent } = toSend(all, read(), Date.now() / 1000);
  localStorage.setItem(PLACE, JSON.stringify(sent));
  for (const { id, title, text } of fresh) new Notification(title, { body: text, tag: id, icon: "/ui/icon.svg" });
}

function read(): Sent {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
    return typeof found === "object" && found !== null ? (found as Sent) : {};
  } catch {
    return {};
  }
}
