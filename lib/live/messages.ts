/**
 * The page's messages: no error is silent.
 *
 * @module
 */

import { InputError } from "../support/errors.ts";
import { element } from "./elements.ts";

/** Shows an error as text; with `retry` a button to continue anyway. */
export function showError(error: unknown, retry?: () => void): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  const { message } = error instanceof Error ? error : new Error(String(error));
  const lines = [message];
  if (error instanceof InputError) {
    // There is no command line here
    if (error.hint !== "" && !error.hint.includes("--")) lines.push(error.hint);
  } else lines.push("This is a bug in the page. Please report it with the diagnostics below.");
  show(lines, false);
  if (retry === undefined) return;
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Use it anyway";
  again.addEventListener("click", () => {
    hideMessage();
    retry();
  });
  element("message", HTMLElement).append(again);
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
    paragraph.textContent = line;
    return paragraph;
  }));
  box.classList.toggle("note", isNote);
  box.hidden = false;
}
