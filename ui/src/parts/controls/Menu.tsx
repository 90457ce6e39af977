import * as Radix from "@radix-ui/react-dropdown-menu";
import { Ellipsis } from "lucide-react";
import { joined } from "../words/classes";
import { IconButton } from "./Button";
import styles from "./menu.module.css";

export interface MenuItem {
  verb: string;
  run: () => void;
  danger?: boolean;
}

/** Everything that can be done with a thing besides opening it. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>
        <IconButton label={label} small onClick={(event) => event.stopPropagation()}>
          <Ellipsis />
        </IconButton>
      </Radix.Trigger>
      <Radix.Portal container={document.getElementById("main")}>
        <Radix.Content className={styles.menu} align="end" sideOffset={4} onClick={(event) => event.stopPropagation()}>
          {items.map((item) => (
            <Radix.Item
              key={item.verb}
              className={joined(styles.item, item.danger && styles.danger)}
              onSelect={item.run}
            >
              {item.verb}
            </Radix.Item>
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
