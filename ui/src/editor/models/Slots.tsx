/** The rows of the two lists of auto-routing. */

import { useSortable } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { ArrowDown, ArrowUp, GripVertical, Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import type { ModelView } from "../../api/generated";
import { IconButton } from "../../parts/controls/Button";
import { Tooltip } from "../../parts/controls/Tooltip";
import { Badge } from "../../parts/display/Bits";
import { isForChat } from "../../parts/words/chat";
import { joined } from "../../parts/words/classes";
import { price, prices, windowSize } from "../../parts/words/format";
import type { Remarked } from "../draft/findings";
import { Remarks } from "../draft/Section";
import listStyles from "./lists.module.css";

interface SlotProps {
  name: string;
  facts: ModelView | undefined;
  isAllowed: boolean;
}

interface PrioritizedProps extends SlotProps {
  index: number;
  isLast: boolean;
  notes: readonly Remarked[];
  onMove: (place: number) => void;
  onRemove: () => void;
}

export function PrioritizedSlot({ name, facts, index, isLast, isAllowed, notes, onMove, onRemove }: PrioritizedProps) {
  return (
    <>
      <Slot name={name} facts={facts} place={index + 1} isAllowed={isAllowed}>
        <IconButton small label={`Try ${name} earlier`} disabled={index === 0} onClick={() => onMove(index - 1)}>
          <ArrowUp />
        </IconButton>
        <IconButton small label={`Try ${name} later`} disabled={isLast} onClick={() => onMove(index + 1)}>
          <ArrowDown />
        </IconButton>
        <IconButton small label={`Do not try ${name}`} onClick={onRemove}>
          <X />
        </IconButton>
      </Slot>
      {notes.length > 0 && (
        <div className={listStyles.slotNotes}>
          <Remarks notes={notes} />
        </div>
      )}
    </>
  );
}

export function AvailableSlot({ name, facts, isAllowed, onAdd }: SlotProps & { onAdd: () => void }) {
  return (
    <Slot name={name} facts={facts} isAllowed={isAllowed}>
      <IconButton small label={`Try ${name} last`} onClick={onAdd}>
        <Plus />
      </IconButton>
    </Slot>
  );
}

/** A row that cannot be dragged. */
export function PlainSlot({ name, facts, isAllowed, onAdd }: SlotProps & { onAdd: () => void }) {
  return (
    <div className={listStyles.slot}>
      <Name name={name} />
      <span className={listStyles.end}>
        {!isAllowed && <Badge mood="warn">not allowed</Badge>}
        {facts && <Facts facts={facts} />}
        <IconButton small label={`Try ${name} last`} onClick={onAdd}>
          <Plus />
        </IconButton>
      </span>
    </div>
  );
}

function Name({ name }: { name: string }) {
  return (
    <Tooltip text={name}>
      <span className={joined(listStyles.name, "mono truncate")} tabIndex={-1}>
        {name}
      </span>
    </Tooltip>
  );
}

/** What follows the pointer. */
export function SlotOverlay({ name }: { name: string }) {
  return (
    <div className={joined(listStyles.slot, listStyles.overlay)}>
      <span className={listStyles.grip}>
        <GripVertical aria-hidden />
      </span>
      <span className={joined(listStyles.name, "mono truncate")}>{name}</span>
    </div>
  );
}

function Slot({ name, facts, place, isAllowed, children }: SlotProps & { place?: number; children: ReactNode }) {
  const { attributes, listeners, setNodeRef, transform, transition, isDragging } = useSortable({ id: name });
  const style = { transform: CSS.Translate.toString(transform), transition };
  return (
    <div ref={setNodeRef} className={joined(listStyles.slot, isDragging && listStyles.dragged)} style={style}>
      {place !== undefined && <span className={listStyles.place}>{place}</span>}
      <button type="button" className={listStyles.grip} {...attributes} {...listeners} aria-label={`Move ${name}`}>
        <GripVertical aria-hidden />
      </button>
      <Name name={name} />
      <span className={listStyles.end}>
        {!isAllowed && <Badge mood="warn">not allowed</Badge>}
        {facts && <Facts facts={facts} />}
        {children}
      </span>
    </div>
  );
}

/** What one orders by: context window, price and what is special, in columns that line up between the rows. */
function Facts({ facts }: { facts: ModelView }) {
  const { input_per_million: input, output_per_million: output, context_window: window } = facts;
  const isFree = input === 0 && output === 0;
  const isUnpriced = input === null || output === null;
  return (
    <>
      {facts.local && <Badge hint="Runs on this computer or in your network.">local</Badge>}
      {!isForChat(facts) && <Badge hint="Not a chat model: programs that chat cannot use it.">not for chat</Badge>}
      {window !== null && (
        <Tooltip text={`Context window: ${window.toLocaleString("en-US")} tokens`}>
          <span className={listStyles.window}>{windowSize(window)}</span>
        </Tooltip>
      )}
      {isFree && <Badge hint="Calls cost nothing.">free</Badge>}
      {isUnpriced && (
        <Badge hint="Nobody told its price. A cost limit refuses it until you set a price or mark its provider as free.">
          no price
        </Badge>
      )}
      {!isFree && !isUnpriced && (
        <Tooltip text={`US dollars per million tokens: ${price(input)} input, ${price(output)} output`}>
          <span className={listStyles.price}>{prices(input, output)}</span>
        </Tooltip>
      )}
    </>
  );
}
