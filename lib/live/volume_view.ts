/**
 * The volume in three planes and 3D, with the mask over it, by niivue: loaded when it is opened.
 *
 * @module
 */

import { codeColour } from "./colours.ts";
import { element } from "./elements.ts";
import { importPacked } from "./inflate.ts";
import { showError, showNotes } from "./messages.ts";
import type * as NiivueModule from "./niivue.ts";
import type { Remote } from "./remote.ts";
import { MASKS } from "./segmenter.ts";
import type { ModelFacts } from "./facts.ts";
import { VIEWER_FILE } from "./site.ts";
import type { WorkerApi } from "./worker.ts";

/** Opacity of the mask. */
const OPACITY = 0.6;

/** Shows what is open, and follows it. */
export class VolumeView {
  readonly #remote: Remote<WorkerApi>;
  readonly #base: string;
  readonly #model: () => ModelFacts;
  readonly #box = element("planes", HTMLDetailsElement);
  #viewer: Promise<{ niivue: NiivueModule.Niivue; module: typeof NiivueModule }> | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(remote: Remote<WorkerApi>, base: string, model: () => ModelFacts) {
    this.#remote = remote;
    this.#base = base;
    this.#model = model;
    this.#box.addEventListener("toggle", () => this.refresh());
    document.addEventListener(MASKS, () => this.refresh());
  }

  /** Shows what is open now. */
  refresh(): void {
    if (!this.#box.open) return;
    this.#last = this.#last.then(() => this.#show()).catch(showError);
  }

  async #show(): Promise<void> {
    const { volume, mask } = await this.#remote.call("volumes", []);
    if (volume === null) {
      this.#box.open = false;
      return showNotes(["Only volumes have three planes."]);
    }
    this.#viewer ??= this.#start();
    const { niivue, module: { NVImage } } = await this.#viewer;
    for (const old of niivue.volumes.toReversed()) niivue.removeVolume(old);
    for (const [i, file] of [volume, mask].entries()) {
      if (file === null) continue;
      const { name, bytes } = file;
      const image = await NVImage.loadFromFile({ name, file: new File([bytes], name) });
      if (i === 1) {
        image.setColormapLabel(this.#colours());
        image.opacity = OPACITY;
      }
      niivue.addVolume(image);
    }
    this.#box.dataset.layers = String(niivue.volumes.length);
  }

  async #start() {
    const module = await importPacked<typeof NiivueModule>(new URL(VIEWER_FILE, this.#base));
    const niivue = new module.Niivue({
      ...{ dragAndDropEnabled: false, backColor: [0, 0, 0, 1], isRadiologicalConvention: true },
      ...{ multiplanarShowRender: module.SHOW_RENDER.ALWAYS, logLevel: "error" },
      isNearestInterpolation: true, // between two classes there is no third colour
    });
    await niivue.attachToCanvas(element("niivue", HTMLCanvasElement));
    niivue.setSliceType(niivue.sliceTypeMultiplanar);
    return { niivue, module };
  }

  /** The colour of each code of a mask. */
  #colours() {
    const { classes, kind } = this.#model();
    const most = kind === "classes" ? classes.length : 2 ** classes.length - 1;
    const codes = Array.from({ length: most + 1 }, (_, code) => code);
    const colours = codes.map((code) => codeColour(Math.max(code, 1), kind));
    return {
      R: colours.map(([red]) => red),
      G: colours.map(([, green]) => green),
      B: colours.map(([, , blue]) => blue),
      A: codes.map((code) => code === 0 ? 0 : 255),
      I: codes,
    };
  }
}
