/**
 * The page's keys: Space plays, comma and full stop step, Home goes back to the start, Ctrl+Z undoes.
 *
 * @module
 */

import { button } from "./elements.ts";

/** The buttons for keys, and whether a focused control may use the key itself. */
const KEYS: Record<string, { readonly id: string; readonly isShared: boolean }> = {
  " ": { id: "play", isShared: true },
  ".": { id: "forward", isShared: false },
  ",": { id: "back", isShared: false },
  Home: { id: "reset", isShared: true },
};

/** Listens to the whole page. */
export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, target } = event;
    const isCommand = ctrlKey || metaKey;
    const press = isCommand && key === "z" ? { id: "undo", isShared: false } : KEYS[key];
    if (press === undefined || (isCommand && press.id !== "undo")) return;
    if (target instanceof HTMLSelectElement || (press.isShared && isControl(target))) return;
    button(press.id).click();
    event.preventDefault();
  });
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLButtonElement ||
    (target instanceof HTMLElement && target.tagName === "SUMMARY");
}
