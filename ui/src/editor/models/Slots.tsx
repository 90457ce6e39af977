/** The rows of the two lists of auto-routing. */

import { useSortable } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { ArrowDown, ArrowUp, GripVertical, Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import type { ModelView } from "../../api/generated";
import { IconButton } from "../../parts/controls/Button";
import { Badge } from "../../parts/display/Bits";
import { prices } from "../../parts/words/format";
import type { Remarked } from "../draft/findings";
import { Remarks } from "../draft/Section";

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
        <div className="slot-notes">
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

/** What follows the pointer. */
export function SlotOverlay({ name }: { name: string }) {
  return (
    <div className="slot overlay">
      <span className="grip">
        <GripVertical aria-hidden />
      </span>
      <span className="name mono truncate">{name}</span>
    </div>
  );
}

function Slot({ name, facts, place, isAllowed, children }: SlotProps & { place?: number; children: ReactNode }) {
  const { attributes, listeners, setNodeRef, transform, transition, isDragging } = useSortable({ id: name });
  const style = { transform: CSS.Translate.toString(transform), transition };
  return (
    <div ref={setNodeRef} className={`slot ${isDragging ? "dragged" : ""}`} style={style}>
      {place !== undefined && <span className="place">{place}</span>}
      <button type="button" className="grip" {...attributes} {...listeners} aria-label={`Move ${name}`}>
        <GripVertical aria-hidden />
      </button>
      <span className="name mono truncate" title={name}>
        {name}
      </span>
      <span className="end">
        {!isAllowed && <Badge mood="warn">not allowed</Badge>}
        {facts && isAllowed && <Cost facts={facts} />}
        {children}
      </span>
    </div>
  );
}

function Cost({ facts }: { facts: ModelView }) {
  const title = `USD per million tokens, input / output: ${prices(facts.input_per_million, facts.output_per_million)}`;
  if (facts.local) return <Badge hint={title}>local</Badge>;
  if (facts.input_per_million === 0 && facts.output_per_million === 0) return <Badge hint={title}>free</Badge>;
  return null;
}
