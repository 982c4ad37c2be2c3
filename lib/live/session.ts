/**
 * The state of the page's worker: a model, a case, and the automaton running on it.
 *
 * @module
 */

import { basename } from "@std/path";
import { openViews } from "../evaluation/open_views.ts";
import { postprocessCase } from "../evaluation/postprocess.ts";
import { predictCase, UNCERTAINTY_SAMPLES } from "../evaluation/predict_case.ts";
import { MedNca } from "../nca/med_nca.ts";
import { viewOfCase } from "../plots/case_view.ts";
import type { Case } from "../slices/case.ts";
import { compareInput, requireLike } from "../slices/compare_input.ts";
import type { CaseSource, Problem } from "../slices/discovery/case_source.ts";
import { isImageFile, isLabelName, stemOf } from "../slices/discovery/file_names.ts";
import { dicomCase, formatSeries } from "../slices/discovery/dicom_case.ts";
import { casesOf, compareKind } from "../slices/discovery/list_images.ts";
import { sliceGeometry, toModelGrid } from "../slices/geometry.ts";
import type { ImageSlice } from "../slices/types.ts";
import { InputError } from "../support/errors.ts";
import { MEMORY, memoryFiles } from "../support/memory_files.ts";
import { findDicomSeries } from "../volume/dicom/dicom_series.ts";
import { Automaton, type Frame } from "./automaton.ts";
import { CaseMasks, type Correction, type MaskFacts, type SavedFile } from "./case_masks.ts";
import { changeImage } from "./change_image.ts";
import type { CaseFacts, ModelFacts, SeriesFacts } from "./facts.ts";
import type { LoadedModel } from "./load_model.ts";
import type { Files } from "./model_files.ts";
import type { Scene } from "./situation.ts";

const IN = `${MEMORY}/in`;

/** A model and a case. */
export class Session {
  #loaded: LoadedModel | null = null;
  #case: Case | null = null;
  #automaton: Automaton | null = null;
  #masks: CaseMasks | null = null;
  /** The first image. */
  #image: SavedFile | null = null;
  /** Of ten runs of a slice. */
  #deviation: ImageSlice | null = null;

  /** Takes a model. The case must be opened again. */
  setModel(loaded: LoadedModel): ModelFacts {
    this.#case = this.#masks = this.#deviation = null;
    this.renewModel(loaded);
    const { model, inputs, config } = loaded;
    const { channels, imageChannels, steps, fireRate } = model.config;
    return {
      ...{ channels, imageChannels, steps, fireRate },
      kind: inputs.targets.kind,
      classes: inputs.targets.classes.map(({ name }) => name),
      window: inputs.normalize === "zscore" || inputs.normalize === "ct" ? [-2, 3] : [0, 1],
      seed: config.seed,
      parameters: model.parameterCount,
    };
  }

  /** Takes the model that is open once more, as its weights may be lost with a GPU; the rest stays. */
  renewModel(loaded: LoadedModel): void {
    this.#loaded?.model.dispose();
    this.#loaded = loaded;
    this.#automaton?.dispose();
    this.#automaton = this.#case && new Automaton(loaded, this.#case);
  }

  /** The DICOM series in some files; none where there are volumes or pictures. */
  async listSeries(files: Files): Promise<SeriesFacts[]> {
    const path = remember(files);
    const all = path === null ? [] : await findDicomSeries(path);
    const texts = formatSeries(all);
    return all.map(({ key, problems }, i) => ({
      ...{ key, text: texts[i]!.trim(), isUsable: problems.length === 0 },
    }));
  }

  /**
   * Opens a case.
   *
   * @param files A volume or pictures, and perhaps its label, which is called so: `a_seg.nii.gz`; or
   *   DICOM, in files or a zip archive.
   * @param force Whether to accept images that the model cannot be right about.
   * @param series The DICOM series, where there are several, see {@linkcode listSeries}.
   * @throws {InputError} If there is no case, or several, or it cannot be used.
   */
  async openCase(files: Files, force: boolean, series: string | null): Promise<CaseFacts> {
    const { inputs, model } = this.#model;
    const path = remember(files);
    const dicom = path === null ? null : await dicomCase(path, series);
    const source = dicom?.source ??
      findCase([...files.keys()], inputs.trained?.channelNames ?? []);
    const image = source.files[0]!.images[0]!;
    const kind = inputs.trained === null ? [] : compareKind(source, inputs.trained.kind);
    const other = requireLike(kind, image, force);
    const hasLabel = source.files[0]!.label !== null;
    const { opened, warnings } = await openViews([{ model, inputs }], source, hasLabel)
      .catch((error) => Promise.reject(withName(error, image)));
    const unlike = requireLike(compareInput(inputs, opened), image, force);
    this.#case = opened;
    this.#image = { name: basename(image), bytes: memoryFiles.get(`${source.folder}/${image}`)! };
    this.#masks = this.#deviation = null;
    this.#automaton?.dispose();
    this.#automaton = new Automaton(this.#model, opened);
    return {
      ...{ id: opened.id, hasLabel, slices: opened.indices.length },
      start: startOf(opened),
      view: viewOfCase(opened, inputs),
      warnings: [
        ...(dicom?.problems ?? []).map(({ message }) => message),
        ...[...warnings, ...other, ...unlike],
      ],
    };
  }

  /** The automaton's state in a scene; a missing result is shown as the mask. */
  async frame(scene: Scene): Promise<Frame> {
    if (this.#automaton === null) throw new TypeError("No case is open");
    const frame = await this.#automaton.frame(scene);
    if (scene.show === "result" && this.#masks !== null) return this.#onSlice(frame, scene.slice);
    if (scene.show !== "deviation" || this.#deviation === null) return frame;
    const index = this.#opened.indices[scene.slice]!;
    const geometry = sliceGeometry(this.#opened.extent(index), this.#model.inputs);
    return { ...frame, plane: toModelGrid(this.#deviation, geometry).data, planeSize: frame.size };
  }

  /** A frame that shows the mask of the whole case: in the slice's own size. */
  #onSlice(frame: Frame, place: number): Frame {
    const index = this.#opened.indices[place]!;
    const { data, height, width } = this.#opened.slice(index);
    return {
      ...frame,
      image: data.slice(0, height * width),
      truth: this.#opened.labels === null ? null : this.#opened.label(index).data,
      plane: this.#masks!.planes[place]!,
      ...{ size: [height, width], planeSize: [height, width] },
    };
  }

  /**
   * Runs a scene's slice ten times, with other cells each time; strokes are left out. The standard
   * deviations of the probability can then be shown.
   *
   * @returns The quality metric, see `CasePrediction.quality`.
   */
  async tenRuns(scene: Scene, signal: AbortSignal): Promise<number> {
    const { inputs, weights } = this.#model;
    const opened = this.#opened;
    const index = opened.indices[scene.slice]!;
    const slice = changeImage(opened.slice(index), scene);
    const config = { ...weights.config, fireRate: scene.fireRate };
    const model = new MedNca(config, { values: weights.values });
    try {
      const view = {
        ...{ model, inputs },
        opened: { indices: [index], extent: () => opened.extent(index), slice: () => slice },
      };
      const { deviations, quality } = await predictCase([view], {
        ...{ seed: scene.seed, samples: UNCERTAINTY_SAMPLES, steps: scene.steps, signal },
      });
      const { height, width } = slice;
      const data = new Float32Array(height * width);
      for (const [plane] of deviations) {
        for (const [i, value] of plane!.entries()) data[i] = Math.max(data[i]!, value);
      }
      this.#deviation = { data, height, width, channels: 1 };
      return quality;
    } finally {
      model.dispose();
    }
  }

  /**
   * Segments the whole case as it is, as `deno task predict` does. The masks can then be shown.
   *
   * @param onProgress Called with the number of slices that are done.
   */
  async segment(
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<MaskFacts> {
    const opened = this.#opened;
    const { inputs, model, config, postprocess } = this.#model;
    const { masks } = await predictCase([{ model, inputs, opened }], {
      ...{ seed: config.seed, signal, onProgress, batchSize: 1, keepProbabilities: false },
    });
    const { targets } = inputs;
    const clean = postprocessCase(masks, opened, postprocess, targets);
    this.#masks = new CaseMasks(opened, targets, clean);
    return this.#masks.measure();
  }

  /** Takes masks and their corrections from an earlier session with this case. */
  restoreMasks(planes: readonly Uint8Array[], corrections: readonly Correction[]): void {
    this.#masks = new CaseMasks(this.#opened, this.#model.inputs.targets, planes);
    for (const correction of corrections) this.#masks.correct(correction, false);
  }

  /** The masks of the whole case, as it was segmented last. */
  get masks(): CaseMasks {
    if (this.#masks === null) throw new TypeError("The case is not segmented");
    return this.#masks;
  }

  /**
   * The open volume's first image and the codes of its mask, as NIfTI; null for pictures, and without
   * a mask.
   */
  async volumes(): Promise<Record<"volume" | "mask", SavedFile | null>> {
    if (this.#opened.kind !== "volume") return { volume: null, mask: null };
    return {
      volume: this.#image,
      mask: await this.#masks?.saveCodes().then(([mask]) => mask!) ?? null,
    };
  }

  get #model(): LoadedModel {
    if (this.#loaded === null) throw new TypeError("No model is loaded");
    return this.#loaded;
  }

  get #opened(): Case {
    if (this.#case === null) throw new TypeError("No case is open");
    return this.#case;
  }
}

/**
 * Keeps files in memory.
 *
 * @returns Where there may be DICOM: a folder or an archive; null among volumes and pictures.
 */
function remember(files: Files): string | null {
  memoryFiles.clear();
  for (const [name, bytes] of files) memoryFiles.set(`${IN}/${name}`, bytes);
  const [first, ...others] = files.keys();
  if (first === undefined || [first, ...others].some(isImageFile)) return null;
  return others.length === 0 ? `${IN}/${first}` : IN;
}

/** The single case of some files. */
function findCase(names: readonly string[], channels: readonly string[]): CaseSource {
  const others = names.filter((name) => !isImageFile(name));
  const known = names.filter(isImageFile);
  const { labels = [], images = [] } = Object.groupBy(
    known,
    (name) => known.length > 1 && isLabelName(stemOf(name)) ? "labels" : "images",
  );
  const problems: Problem[] = [];
  const tree = images.map((name) => ({ path: name, folder: "", name, problem: null }));
  const cases = casesOf(IN, tree, channels, problems);
  const [source] = cases;
  if (source === undefined || cases.length > 1 || others.length > 0) {
    const what = others.length > 0
      ? `${others.join(", ")} ${others.length === 1 ? "is" : "are"} neither .nii, .nii.gz nor .png`
      : source === undefined
      ? problems.map(({ message }) => message).join("; ") ||
        "there is no .nii, .nii.gz or .png file"
      : `they are of ${cases.length} cases: ${cases.map(({ id }) => id).join(", ")}`;
    throw new InputError(`Cannot open files: ${what}`, {
      code: "bad-image",
      hint: "Give one volume or picture, with its other channels and its label if there are any",
    });
  }
  if (labels.length === 0) return source;
  if (labels.length !== source.files.length || labels.length > 1) {
    throw new InputError(`Cannot open files: ${labels.length} labels for ${source.id}`, {
      code: "bad-image",
      hint: "Give one label, of one image",
    });
  }
  return { ...source, files: [{ ...source.files[0]!, label: labels[0]! }] };
}

/** An error that says of which image it is: findings about what an image holds do not. */
function withName(error: Error, image: string): Error {
  if (!(error instanceof InputError) || error.message.startsWith("Cannot ")) return error;
  const { message, code, hint } = error;
  return new InputError(`Cannot open ${basename(image)}: ${message}`, {
    code,
    // There is no command line here
    hint: hint === "" || hint.includes("--") ? "Correct the file, or give another one" : hint,
  });
}

function startOf(opened: Case): number {
  const middle = opened.indices.length >> 1;
  if (opened.labels === null) return middle;
  const sizes = opened.indices.map((index) =>
    opened.label(index).data.reduce((sum, code) => sum + (code > 0 && code < 255 ? 1 : 0), 0)
  );
  const most = Math.max(...sizes);
  return most > 0 ? sizes.indexOf(most) : middle;
}
