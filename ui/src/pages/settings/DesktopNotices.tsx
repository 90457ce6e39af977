import { useState } from "react";
import { Button } from "../../parts/controls/Button";
import { Remark } from "../../parts/forms/Field";

/** Browsers ask the user, and only after a press. */
export function DesktopNotices() {
  const [permission, setPermission] = useState(() =>
    "Notification" in globalThis ? Notification.permission : "unsupported",
  );
  if (permission === "granted") return <Remark>Desktop notices are on while a page of LocalRouter is open.</Remark>;
  if (permission === "denied")
    return (
      <Remark>Your browser blocks desktop notices from these pages. You can allow them in its site settings.</Remark>
    );
  if (permission === "unsupported")
    return <Remark>This window cannot show desktop notices. Notices still appear on every page.</Remark>;
  return (
    <div>
      <Button onClick={() => void Notification.requestPermission().then(setPermission)}>Allow desktop notices</Button>
    </div>
  );
}
