/**
 * The page's messages: no error is silent.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { MEMORY } from "../support/memory_files.ts";
import { element } from "./elements.ts";

/** The page's own folders, of which the user knows nothing. */
const FOLDERS = new RegExp(`${MEMORY}/\\w+/`, "g");

/** Shows an error as text, perhaps with a button to go on. */
export function showError(
  error: unknown,
  retry?: { readonly text: string; readonly act: () => void },
): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  const { message } = error instanceof Error ? error : new Error(String(error));
  const lines = [message];
  if (error instanceof InputError) {
    // There is no command line here
    if (error.hint !== "" && !error.hint.includes("--")) lines.push(error.hint);
  } else lines.push("This is a bug in the page. Please report it with the diagnostics below.");
  show(lines, false);
  if (retry !== undefined) addButton(retry.text, true, retry.act);
}

/** Asks for one of several things; what is not usable is listed, too. */
export function choose(
  question: string,
  choices: readonly {
    readonly value: string;
    readonly text: string;
    readonly isUsable: boolean;
  }[],
): Promise<string> {
  show([question], true);
  return new Promise((resolve) => {
    for (const { value, text, isUsable } of choices) {
      addButton(text, isUsable, () => resolve(value));
    }
  });
}

/** A button in the message, which removes it. */
function addButton(text: string, isUsable: boolean, act: () => void): void {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.disabled = !isUsable;
  button.addEventListener("click", () => {
    hideMessage();
    act();
  });
  element("message", HTMLElement).append(button);
}

/** Shows a notice. */
export function showNotes(notes: readonly string[]): void {
  if (notes.length > 0) show(notes, true);
}

/** Removes the message. */
export function hideMessage(): void {
  element("message", HTMLElement).hidden = true;
}

function show(lines: readonly string[], isNote: boolean): void {
  const box = element("message", HTMLElement);
  box.replaceChildren(...lines.map((line) => {
    const paragraph = document.createElement("p");
    paragraph.textContent = line.replaceAll(FOLDERS, "");
    return paragraph;
  }));
  box.classList.toggle("note", isNote);
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" }); // on a phone it may be screens away
}
