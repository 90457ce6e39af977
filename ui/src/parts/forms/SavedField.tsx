import { type ChangeEvent, type KeyboardEvent, useReducer, useRef } from "react";
import { Field, Input, TextArea } from "./Field";
import { sentences } from "./problems";
import { leftToSave, typing, UNTOUCHED } from "./typing";

interface SavedFieldProps {
  label: string;
  /** What the router holds. */
  value: string;
  save: (value: string) => Promise<unknown>;
  hint?: string | undefined;
  placeholder?: string | undefined;
  /** One entry a line. */
  lines?: boolean;
  inputMode?: "decimal";
  mono?: boolean;
}

/**
 * A text that is saved when it is left, or by Enter. Escape brings back what the router holds. What is refused stays as
 * it was typed, with the reason.
 */
export function SavedField({ label, value, save, hint, placeholder, lines, inputMode, mono }: SavedFieldProps) {
  const [state, dispatch] = useReducer(typing, UNTOUCHED);
  const line = useRef(Promise.resolve());

  // One save after the other, so that the last one stands; those that wait are made although the page is left.
  const commit = () => {
    const text = leftToSave(state, value);
    if (text === null) {
      if (state.sent === null) dispatch({ type: "reverted" });
      return;
    }
    dispatch({ type: "sent", text });
    line.current = line.current
      .then(() => save(text))
      .then(
        () => dispatch({ type: "saved", text }),
        (error: unknown) => dispatch({ type: "refused", text, problem: sentences(error) }),
      );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && state.typed !== null) {
      event.stopPropagation();
      dispatch({ type: "reverted" });
    }
    if (event.key === "Enter" && (!lines || event.ctrlKey || event.metaKey)) commit();
  };
  const onChange = (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
    dispatch({ type: "typed", text: event.target.value });

  const shared = { value: state.typed ?? value, placeholder, onBlur: commit, onKeyDown, onChange };
  return (
    <Field label={label} error={state.problem} hint={hint}>
      {(field) =>
        lines ? (
          <TextArea {...field} {...shared} />
        ) : (
          <Input {...field} {...shared} className={mono ? "mono" : undefined} inputMode={inputMode} />
        )
      }
    </Field>
  );
}
