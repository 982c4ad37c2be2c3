/**
 * Segments the whole volume, from the button to the file.
 *
 * @module
 */

import { announce, button, element, onClick } from "./elements.ts";
import { hideMessage, showError } from "./messages.ts";
import type { Remote } from "./remote.ts";
import type { ModelFacts, Segmentation } from "./session.ts";
import type { WorkerApi } from "./worker.ts";

/** Runs it with progress, and offers the result. */
export class Segmenter {
  readonly #remote: Remote<WorkerApi>;
  readonly #onDone: () => void;
  #running: AbortController | null = null;
  #addresses: string[] = [];

  /** @param onDone Called when there is a mask to show. */
  constructor(remote: Remote<WorkerApi>, onDone: () => void) {
    this.#remote = remote;
    this.#onDone = onDone;
    onClick("cancel", () => this.#running?.abort());
  }

  async start(model: ModelFacts): Promise<void> {
    const bar = element("progress", HTMLProgressElement);
    const running = this.#running = new AbortController();
    hideMessage();
    this.#setRunning(true);
    bar.removeAttribute("value");
    const from = performance.now();
    try {
      const result = await this.#remote.call("segment", [], {
        signal: running.signal,
        onProgress: (done, total) => bar.value = done / total,
      });
      this.#offer(result, model, (performance.now() - from) / 1000);
      this.#onDone();
    } catch (error) {
      showError(error);
    } finally {
      this.#setRunning(false);
    }
  }

  #setRunning(isRunning: boolean): void {
    button("segment").disabled = isRunning;
    button("cancel").hidden = !isRunning;
    element("progress", HTMLElement).hidden = !isRunning;
  }

  #offer(result: Segmentation, { classes }: ModelFacts, seconds: number): void {
    const { files, counts, voxelMillilitres: unit, dice } = result;
    for (const address of this.#addresses.splice(0)) URL.revokeObjectURL(address);
    const amounts = counts.map((count, i) => {
      const amount = unit === null ? `${count} pixels` : `${(count * unit).toFixed(2)} ml`;
      const score = dice === null || Number.isNaN(dice[i]) ? "" : `, Dice ${dice[i]!.toFixed(3)}`;
      return `${classes[i]}: ${amount}${score}`;
    });
    const text = document.createElement("p");
    text.textContent = `${amounts.join("; ")} (${seconds.toFixed(1)} s)`;
    const links = files.map(({ name, bytes }) => {
      const address = URL.createObjectURL(new Blob([bytes]));
      this.#addresses.push(address);
      const link = document.createElement("a");
      Object.assign(link, { href: address, download: name, textContent: `Save ${name}` });
      const line = document.createElement("p");
      line.append(link);
      return line;
    });
    const box = element("result", HTMLElement);
    box.replaceChildren(text, ...links);
    box.hidden = false;
    announce(`Segmented. ${text.textContent}`);
  }
}
