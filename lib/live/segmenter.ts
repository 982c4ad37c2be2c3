/**
 * Segments the whole volume, from the button to the file.
 *
 * @module
 */

import type { Correction, MaskFacts } from "./case_masks.ts";
import { classCode } from "./colours.ts";
import { announce, button, element, fillSelect, onClick, select } from "./elements.ts";
import { hideMessage, showError } from "./messages.ts";
import type { Remote } from "./remote.ts";
import type { ModelFacts } from "./facts.ts";
import type { Stroke } from "./situation.ts";
import type { WorkerApi } from "./worker.ts";

/** The event on the page by which others learn that masks were made or corrected. */
export const MASKS = "masks";

/** What happens to masks. */
export interface SegmenterListeners {
  /** There are new ones. */
  readonly onDone: () => void;
  /** They were corrected. */
  readonly onChange: () => void;
}

/** Runs it with progress, and corrects and saves what comes out. */
export class Segmenter {
  readonly #remote: Remote<WorkerApi>;
  readonly #listeners: SegmenterListeners;
  #classes: readonly string[] = [];
  #running: AbortController | null = null;
  /** The masks as they were made, and what was drawn since: the worker may be lost. */
  #made: { planes: readonly Uint8Array[]; corrections: Correction[] } | null = null;
  #isDrawing = false;

  constructor(remote: Remote<WorkerApi>, listeners: SegmenterListeners) {
    this.#remote = remote;
    this.#listeners = listeners;
    onClick("cancel", () => this.cancel());
    onClick("save", () => this.#save().catch(showError));
  }

  async start({ classes, kind }: ModelFacts): Promise<void> {
    const bar = element("progress", HTMLProgressElement);
    const running = this.#running = new AbortController();
    hideMessage();
    this.#setRunning(true);
    bar.removeAttribute("value");
    try {
      const { facts, planes } = await this.#remote.call("segment", [], {
        signal: running.signal,
        onProgress: (done, total) => bar.value = done / total,
      });
      this.#made = { planes, corrections: [] };
      this.#classes = classes;
      fillSelect(select("pen"), [
        ...classes.map((name, i) => [`${classCode(i, kind)}`, name] as [string, string]),
        ["0", "nothing: it erases"],
      ]);
      announce(`Segmented. ${this.#describe(facts)}`);
      this.#listeners.onDone();
    } catch (error) {
      showError(error);
    } finally {
      this.#setRunning(false);
    }
  }

  /** Stops what is running. */
  cancel(): void {
    this.#running?.abort();
  }

  /** Drops the masks, as another case is open. */
  forget(): void {
    this.#made = null;
    element("result", HTMLElement).hidden = true;
  }

  /** Gives masks and corrections to a new worker. */
  async restore(): Promise<void> {
    if (this.#made === null) return;
    await this.#remote.call("restoreMasks", [this.#made.planes, this.#made.corrections]);
  }

  /** Begins a stroke of the pen in a slice, in its own pixels. */
  begin(slice: number, stroke: Stroke): void {
    if (this.#made === null) return; // another case has just been opened
    this.#isDrawing = true;
    this.#correct({ slice, stroke, code: Number(select("pen").value) }, false);
  }

  /** Leads it on to another place. */
  extend(x: number, y: number): void {
    if (!this.#isDrawing) return;
    const { stroke, ...rest } = this.#made!.corrections.pop()!;
    this.#correct({ ...rest, stroke: { ...stroke, points: [...stroke.points, x, y] } }, true);
  }

  /** Measures what is there after a stroke. */
  end(): void {
    if (!this.#isDrawing) return;
    this.#isDrawing = false;
    this.#measure();
  }

  /** Takes the last stroke back, or the one that is being drawn. */
  undo(): void {
    this.#isDrawing = false;
    this.#made?.corrections.pop();
    this.#remote.call("undoCorrection", []).catch(showError);
    this.#listeners.onChange();
    this.#measure();
  }

  #correct(correction: Correction, isLonger: boolean): void {
    this.#made!.corrections.push(correction);
    // The worker answers in order: the next frame shows it
    this.#remote.call("correct", [correction, isLonger]).catch(showError);
    this.#listeners.onChange();
  }

  #measure(): void {
    this.#remote.call("measure", []).then((facts) => this.#describe(facts), showError);
  }

  #setRunning(isRunning: boolean): void {
    button("segment").disabled = isRunning;
    button("cancel").hidden = !isRunning;
    element("progress", HTMLElement).hidden = !isRunning;
  }

  #describe({ counts, voxelMillilitres: unit, dice }: MaskFacts): string {
    const amounts = counts.map((count, i) => {
      const amount = unit === null ? `${count} pixels` : `${(count * unit).toFixed(2)} ml`;
      const score = dice === null || Number.isNaN(dice[i]) ? "" : `, Dice ${dice[i]!.toFixed(3)}`;
      return `${this.#classes[i]}: ${amount}${score}`;
    });
    const text = amounts.join("; ");
    element("volume", HTMLElement).textContent = text;
    element("result", HTMLElement).hidden = false;
    document.dispatchEvent(new Event(MASKS));
    return text;
  }

  async #save(): Promise<void> {
    for (const { name, bytes } of await this.#remote.call("save", [])) {
      const address = URL.createObjectURL(new Blob([bytes]));
      Object.assign(document.createElement("a"), { href: address, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    }
  }
}
