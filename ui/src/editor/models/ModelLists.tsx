import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  type DragOverEvent,
  DragOverlay,
  KeyboardSensor,
  PointerSensor,
  useDroppable,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { SortableContext, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { type ReactNode, useState } from "react";
import type { AutoModelConfig, ModelView } from "../../api/generated";
import { Search } from "../../parts/forms/Field";
import { isForChat } from "../../parts/words/chat";
import { plural } from "../../parts/words/format";
import { announce } from "../../state/announcer";
import type { FindingsAt } from "../draft/findings";
import type { Pair } from "../draft/selection";
import { announcementsFor, INSTRUCTIONS, type Where } from "./announcements";
import { filterOf } from "./filter";
import { DROP, keyboardCoordinates } from "./keyboardCoordinates";
import { keyOf, type ListName, pairOf, park, prioritize } from "./lists";
import listStyles from "./lists.module.css";
import { AvailableSlot, PlainSlot, PrioritizedSlot, SlotOverlay } from "./Slots";

const SHOWN_AT_MOST = 60;

interface ModelListsProps {
  auto: AutoModelConfig;
  available: readonly Pair[];
  allowedKeys: ReadonlySet<string>;
  facts: ReadonlyMap<string, ModelView>;
  findings: FindingsAt;
  onChange: (value: AutoModelConfig) => void;
}

/** The two lists: by mouse, by keyboard, by buttons. While something is dragged they show where it would end up. */
export function ModelLists({ auto: saved, available: all, allowedKeys, facts, findings, onChange }: ModelListsProps) {
  const [dragged, setDragged] = useState<string | null>(null);
  const [moving, setMoving] = useState<AutoModelConfig | null>(null);
  const [filter, setFilter] = useState("");
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: keyboardCoordinates }),
  );
  const auto = moving ?? saved;
  const prioritized = auto.prioritized_models.map(keyOf);
  const fits = filterOf(filter);
  const rest = all.map(keyOf).filter((key) => !prioritized.includes(key));
  const parked = moving && dragged && !prioritized.includes(dragged) && !rest.includes(dragged) ? [dragged] : [];
  const matching = [...parked, ...rest].filter((key) => key === dragged || fitsKey(key, facts, fits, filter));
  const isChat = (key: string) => {
    const known = facts.get(key);
    return key === dragged || !known || isForChat(known);
  };
  const chatting = matching.filter(isChat);
  const others = matching.filter((key) => !isChat(key));
  const available = chatting.slice(0, SHOWN_AT_MOST);

  const find = (id: string | number): Where | null => {
    if (id === DROP.available || available.includes(String(id))) return { list: "available", place: 1, of: 1 };
    const index = prioritized.indexOf(String(id));
    if (id !== DROP.prioritized && index < 0) return null;
    return { list: "prioritized", place: index < 0 ? prioritized.length : index + 1, of: prioritized.length };
  };
  const onDragOver = ({ active, over }: DragOverEvent) => {
    const key = String(active.id);
    const target = over && find(over.id);
    const isPrioritized = prioritized.includes(key);
    if (!target || (target.list === "prioritized") === isPrioritized) return;
    setMoving(target.list === "available" ? park(auto, pairOf(key)) : prioritize(auto, pairOf(key), target.place - 1));
  };
  const onDragEnd = ({ active, over }: DragEndEvent) => {
    const target = over && find(over.id);
    setDragged(null);
    setMoving(null);
    if (!target) return;
    const pair = pairOf(String(active.id));
    if (target.list === "prioritized") onChange(prioritize(saved, pair, target.place - 1));
    else if (moving) onChange(park(saved, pair));
  };
  const move = (key: string, place: number) => {
    onChange(prioritize(saved, pairOf(key), place));
    announce(`${key} is now place ${place + 1}`);
  };

  return (
    <DndContext
      sensors={sensors}
      collisionDetection={closestCenter}
      accessibility={{
        announcements: announcementsFor(find, String),
        screenReaderInstructions: { draggable: INSTRUCTIONS },
      }}
      onDragStart={({ active }) => setDragged(String(active.id))}
      onDragOver={onDragOver}
      onDragEnd={onDragEnd}
      onDragCancel={() => {
        setDragged(null);
        setMoving(null);
      }}
    >
      <div className={listStyles.lists}>
        <List name="prioritized" title="Tried in this order" keys={prioritized}>
          {prioritized.length === 0 && (
            <p className={listStyles.hint}>No models yet. Drag one here, or press + beside it.</p>
          )}
          {prioritized.map((key, index) => (
            <PrioritizedSlot
              key={key}
              name={key}
              index={index}
              isLast={index === prioritized.length - 1}
              facts={facts.get(key)}
              isAllowed={allowedKeys.has(key) || !facts.has(key)}
              notes={moving ? [] : findings(`.prioritized_models[${index}]`)}
              onMove={(place) => move(key, place)}
              onRemove={() => {
                onChange(park(saved, pairOf(key)));
                announce(`${key} is no longer tried`);
              }}
            />
          ))}
        </List>
        <List
          name="available"
          title="Also allowed"
          keys={available}
          beside={<Search label="Filter the models that are also allowed" value={filter} onChange={setFilter} />}
        >
          {available.length === 0 && <p className={listStyles.hint}>{emptyWords(filter, allowedKeys.size)}</p>}
          {available.map((key) => (
            <AvailableSlot
              key={key}
              name={key}
              facts={facts.get(key)}
              isAllowed={allowedKeys.has(key)}
              onAdd={() => move(key, saved.prioritized_models.length)}
            />
          ))}
          {chatting.length > available.length && (
            <p className={listStyles.hint}>{chatting.length - available.length} more: filter to find them.</p>
          )}
          {others.length > 0 && (
            <NotForChat
              keys={others}
              facts={facts}
              allowedKeys={allowedKeys}
              onAdd={(key) => move(key, saved.prioritized_models.length)}
            />
          )}
        </List>
      </div>
      <DragOverlay dropAnimation={null}>{dragged && <SlotOverlay name={dragged} />}</DragOverlay>
    </DndContext>
  );
}

interface NotForChatProps {
  keys: readonly string[];
  facts: ReadonlyMap<string, ModelView>;
  allowedKeys: ReadonlySet<string>;
  onAdd: (key: string) => void;
}

/** Embeddings, images, speech: allowed, but no candidates for chat, so they stand apart and closed. */
function NotForChat({ keys, facts, allowedKeys, onAdd }: NotForChatProps) {
  return (
    <details className={listStyles.apart}>
      <summary>{plural(keys.length, "model")} not for chat</summary>
      {keys.slice(0, SHOWN_AT_MOST).map((key) => (
        <PlainSlot
          key={key}
          name={key}
          facts={facts.get(key)}
          isAllowed={allowedKeys.has(key)}
          onAdd={() => onAdd(key)}
        />
      ))}
    </details>
  );
}

function emptyWords(filter: string, allowed: number): string {
  if (filter) return "No model matches the filter.";
  return allowed === 0 ? "No models are allowed yet." : "Every allowed model is already in the list.";
}

interface ListProps {
  name: ListName;
  title: string;
  keys: string[];
  beside?: ReactNode;
  children: ReactNode;
}

function List({ name, title, keys, beside, children }: ListProps) {
  const { setNodeRef, isOver } = useDroppable({ id: DROP[name] });
  return (
    <div className={listStyles.list}>
      <header>
        <h3>{title}</h3>
        {beside}
      </header>
      <SortableContext items={keys} strategy={verticalListSortingStrategy}>
        <div
          ref={setNodeRef}
          className={listStyles.slots}
          data-over={isOver}
          role="group"
          aria-label={title}
          tabIndex={0}
        >
          {children}
        </div>
      </SortableContext>
    </div>
  );
}

function fitsKey(
  key: string,
  facts: ReadonlyMap<string, ModelView>,
  fits: ReturnType<typeof filterOf>,
  filter: string,
): boolean {
  const known = facts.get(key);
  return known ? fits(known) : key.toLowerCase().includes(filter.trim().toLowerCase());
}
