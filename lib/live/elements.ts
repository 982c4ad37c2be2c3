/**
 * The page's elements.
 *
 * @module
 */

import { classColour } from "./colours.ts";

/**
 * An element by its id.
 *
 * @param type What it is, as `HTMLInputElement`.
 */
export function element<E extends HTMLElement>(id: string, type: { new (): E }): E {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`The page has no ${type.name} ${id}`);
  return found;
}

/** An input by its id. */
export const input = (id: string) => element(id, HTMLInputElement);

/** A button by its id. */
export const button = (id: string) => element(id, HTMLButtonElement);

/** A list by its id. */
export const select = (id: string) => element(id, HTMLSelectElement);

/** Does something on a click. */
export function onClick(id: string, act: () => void): void {
  button(id).addEventListener("click", act);
}

/** Fills a list. */
export function fillSelect(
  list: HTMLSelectElement,
  entries: readonly [value: string, text: string][],
) {
  list.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
}

/** Adds an entry to a list, if it is not there. */
export function addOption(list: HTMLSelectElement, value: string, text: string): void {
  const isThere = [...list.options].some((option) => option.value === value);
  if (!isThere) list.add(new Option(text, value));
}

/** A class with its colour. */
export function classKey(name: string, index: number): HTMLElement {
  const [key, colour] = [document.createElement("span"), document.createElement("i")];
  colour.style.background = `rgb(${classColour(index)})`;
  key.append(colour, name);
  return key;
}

/** Announces a text to screen readers. */
export function announce(text: string): void {
  element("status", HTMLElement).textContent = text;
}
