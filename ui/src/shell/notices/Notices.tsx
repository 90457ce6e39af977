import { BellRing } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { Button } from "../../parts/controls/Button";
import { useServerStatus } from "../../state/connection";
import { Link } from "../../state/router";
import { sendToDesktop } from "./desktop";
import { stillHidden, toTell } from "./notices";
import styles from "./notices.module.css";

const MOST = 3;

/** What people are told without having asked, on every page until it is hidden or over; and once on the desktop. */
export function Notices() {
  const { data: status } = useServerStatus();
  const all = useMemo(() => (status ? toTell(status) : null), [status]);
  const [hidden, setHidden] = useState<readonly string[]>([]);
  useEffect(() => {
    if (!all) return;
    setHidden((ids) => stillHidden(ids, all));
    sendToDesktop(all);
  }, [all]);
  const shown = (all ?? []).filter(({ id }) => !hidden.includes(id));
  if (shown.length === 0) return null;
  return (
    <section className={styles.notices} aria-label="Notices">
      {shown.slice(0, MOST).map((told) => (
        <div key={told.id} className={styles.told} data-mood={told.mood} role="status">
          <BellRing aria-hidden />
          <p>
            <strong>{told.title}.</strong> {told.text}
          </p>
          <Link to={told.to}>{told.verb}</Link>
          <Button look="plain" aria-label={`Hide: ${told.title}`} onClick={() => setHidden([...hidden, told.id])}>
            Hide
          </Button>
        </div>
      ))}
      {shown.length > MOST && <p className={styles.more}>{shown.length - MOST} more on Home</p>}
    </section>
  );
}
