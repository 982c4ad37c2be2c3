/**
 * Ten runs of a slice, from the button to the map of where they differ.
 *
 * @module
 */

import type { Controller } from "./controller.ts";
import { addOption, announce, button, element, onClick, select } from "./elements.ts";
import { hideMessage, showError } from "./messages.ts";
import type { Remote } from "./remote.ts";
import type { Scene } from "./situation.ts";
import type { WorkerApi } from "./worker.ts";

/** Runs them, and forgets them in another situation. */
export class TenRuns {
  readonly #remote: Remote<WorkerApi>;
  readonly #controller: Controller;
  /** The situation that they were of. */
  #key: string | null = null;

  constructor(remote: Remote<WorkerApi>, controller: Controller) {
    this.#remote = remote;
    this.#controller = controller;
    onClick("ten", () => this.#run());
  }

  /** Removes what they gave, unless it is of this situation. */
  keepFor(scene: Scene | null): void {
    if (this.#key === null || (scene !== null && keyOf(scene) === this.#key)) return;
    this.#key = null;
    select("show").querySelector("[value=deviation]")?.remove();
    element("quality", HTMLElement).hidden = true;
  }

  async #run(): Promise<void> {
    hideMessage();
    const { scene } = this.#controller;
    this.#controller.pause();
    button("ten").disabled = true;
    try {
      const quality = await this.#remote.call("tenRuns", [scene]);
      if (keyOf(this.#controller.scene) !== keyOf(scene)) return;
      this.#key = keyOf(scene);
      addOption(select("show"), "deviation", "where ten runs differ");
      this.#controller.look({ show: "deviation" });
      const line = element("quality", HTMLElement);
      line.textContent = `Ten runs of this slice: quality metric ${quality.toFixed(4)}; 0 if all ` +
        "agree, the larger the less it is to be trusted. The map shows where they differ.";
      line.hidden = false;
      announce(line.textContent);
    } catch (error) {
      showError(error);
    } finally {
      button("ten").disabled = false;
    }
  }
}

function keyOf({ step: _step, show: _show, ...situation }: Scene): string {
  return JSON.stringify(situation);
}
