import { InputError } from "../support/errors.ts";
import { nearest } from "../support/nearest.ts";
import { Random } from "../support/random.ts";
import { interleave } from "./interleave.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { neighbourPlaces, slicesSeen, stackSlices } from "./neighbours.ts";
import { readSample, type Sample } from "./read_sample.ts";
import { keepPlane, labelPlanes } from "./targets.ts";
import type { SliceRecord } from "./types.ts";

export type { Sample } from "./read_sample.ts";

/** Data sets up to this size, in bytes, stay in memory once read. */
const MOST_CACHED = 256 * 2 ** 20;

/** A batch of slices. */
export interface Batch {
  /** size × height × width × channels values, as the model takes them. */
  readonly images: Float32Array;
  /** size × height × width × classes values, 0 or 1, as the loss takes them. */
  readonly labels: Float32Array;
  /** size × height × width: 1 where a pixel counts, 0 where it is ignored; null if all count. */
  readonly keep: Float32Array | null;
  /** size × height × width label codes; see `Targets`. */
  readonly codes: Uint8Array;
  /** Number of slices; the last batch may be smaller. */
  readonly size: number;
  readonly height: number;
  readonly width: number;
  /** Channels of the images. */
  readonly channels: number;
  /** Classes, or regions, of the labels. */
  readonly classes: number;
  readonly records: readonly SliceRecord[];
}

/** Options of {@linkcode SliceDataset.batches}. */
export interface BatchOptions {
  /** Slices per batch. */
  readonly batchSize: number;
  /** Whether to shuffle. Default: only if there is a seed. */
  readonly shuffle?: boolean;
  /** Decides the order, together with the epoch. Default: 0. */
  readonly seed?: number;
  /** Each epoch has its own order. Default: 0. */
  readonly epoch?: number;
  /** How many batches are read ahead. Default: 2. */
  readonly prefetch?: number;
  /** How many batches to skip, to continue an epoch. Default: 0. */
  readonly start?: number;
  /** Fraction of the slices without foreground to read: the first in order. Default: 1. */
  readonly empty?: number;
  /**
   * Slices of the same case before and after each, as further channels; see `neighbourPlaces`.
   * Default: 0.
   */
  readonly neighbours?: number;
}

/** The slices of a prepared folder, of all cases or some. */
export class SliceDataset {
  /** The prepared folder. */
  readonly folder: string;
  /** What the slices were made from, and how. */
  readonly manifest: Manifest;
  /** In order of case and index. */
  readonly slices: readonly SliceRecord[];
  /** Height of every slice. */
  readonly height: number;
  /** Width of every slice. */
  readonly width: number;
  /** Of each slice: the positions of all slices of its case, and its place among them. */
  readonly #places: { readonly own: readonly number[]; readonly place: number }[] = [];
  readonly #cache: Map<number, Promise<Sample>> | undefined;

  private constructor(folder: string, manifest: Manifest, slices: readonly SliceRecord[]) {
    this.folder = folder;
    this.manifest = manifest;
    this.slices = slices;
    this.height = manifest.height;
    this.width = manifest.width;
    for (const own of Map.groupBy(slices.keys(), (i) => slices[i]!.case).values()) {
      for (const [place, i] of own.entries()) this.#places[i] = { own, place };
    }
    const bytes = 4 * this.channels + 1; // float32 images, uint8 label
    const all = slices.length * this.height * this.width * bytes;
    this.#cache = all <= MOST_CACHED ? new Map() : undefined;
  }

  /**
   * Opens a prepared folder.
   *
   * @param folder From `extractSlices`, `prepareSlices` or `deno task preprocess`.
   * @param options.cases The cases to read, such as one part of a split. Default: all.
   * @param options.manifest The folder's manifest, if already read.
   * @throws {InputError} If it is not a finished preparation, or lacks some of the cases.
   */
  static async open(
    folder: string,
    options: { readonly cases?: readonly string[]; readonly manifest?: Manifest } = {},
  ): Promise<SliceDataset> {
    const manifest = options.manifest ?? await readManifest(folder);
    if (options.cases === undefined) return new SliceDataset(folder, manifest, manifest.slices);
    const known = manifest.cases.map(({ id }) => id);
    const wanted = new Set(options.cases);
    const missing = [...wanted.difference(new Set(known))];
    if (missing.length > 0) {
      const near = nearest(missing[0]!, known);
      throw new InputError(`Cannot open prepared slices: no case ${missing.join(", ")}`, {
        code: "bad-prepared",
        path: folder,
        hint: near === undefined
          ? `There are ${known.length} cases, the first is ${known[0]}`
          : `Did you mean ${near}?`,
      });
    }
    const slices = manifest.slices.filter((slice) => wanted.has(slice.case));
    return new SliceDataset(folder, manifest, slices);
  }

  /** Channels of every image, without neighbours. */
  get channels(): number {
    return this.manifest.settings.channels!;
  }

  /** Number of slices. */
  get length(): number {
    return this.slices.length;
  }

  /** Number of slices if only a fraction of those without foreground is read. */
  lengthWith(empty: number): number {
    const without = this.slices.filter(({ foreground }) => foreground === 0).length;
    return this.length - without + Math.round(without * empty);
  }

  /**
   * One slice with its label. Small sets are kept in memory once read.
   *
   * @param i From 0 to length − 1.
   * @throws {RangeError} If there is no such slice.
   * @throws {InputError} If its files are missing, damaged, or not of the size of the others.
   */
  get(i: number): Promise<Sample> {
    const record = this.slices[i];
    if (record === undefined) {
      return Promise.reject(new RangeError(`Slice ${i} is not in 0 to ${this.length - 1}`));
    }
    let sample = this.#cache?.get(i);
    if (sample === undefined) {
      sample = readSample(this.folder, this.manifest, record);
      this.#cache?.set(i, sample);
      sample.catch(() => this.#cache?.delete(i)); // once the file is repaired, it can be read
    }
    return sample;
  }

  /**
   * The slices in batches, in an order that is a function of seed and epoch alone.
   *
   * @throws {RangeError} If the batch size is not a positive integer, or start or prefetch are not
   * integers of at least 0.
   */
  async *batches(options: BatchOptions): AsyncGenerator<Batch, void, void> {
    const { batchSize, seed, epoch = 0, prefetch = 2, start = 0, empty = 1, neighbours = 0 } =
      options;
    const shuffle = options.shuffle ?? seed !== undefined;
    for (
      const [name, value, least] of [
        ["batchSize", batchSize, 1],
        ["prefetch", prefetch, 0],
        ["start", start, 0],
      ] as const
    ) {
      if (!Number.isSafeInteger(value) || value < least) {
        throw new RangeError(`Cannot make batches: ${name} ${value} is not an integer ≥ ${least}`);
      }
    }
    const inOrder = this.slices.map((_, i) => i);
    const all = shuffle ? new Random(seed ?? 0, epoch).shuffle(inOrder) : inOrder;
    let left = this.lengthWith(empty) - this.lengthWith(0);
    const order = all.filter((i) => this.slices[i]!.foreground > 0 || left-- > 0);

    const ahead: Promise<Batch>[] = [];
    let next = start * batchSize;
    while (next < order.length || ahead.length > 0) {
      while (next < order.length && ahead.length <= prefetch) {
        const batch = this.#batch(order.slice(next, next + batchSize), neighbours);
        batch.catch(() => {}); // reported when its turn comes, if it does
        ahead.push(batch);
        next += batchSize;
      }
      yield await ahead.shift()!;
    }
  }

  /** A slice and its neighbours. */
  #seen(i: number, neighbours: number): Promise<Sample[]> {
    const { own, place } = this.#places[i]!;
    const places = neighbourPlaces(place, own.length, neighbours);
    return Promise.all(places.map((at) => this.get(own[at]!)));
  }

  async #batch(indices: readonly number[], neighbours: number): Promise<Batch> {
    const { height, width, manifest: { settings: { targets } } } = this;
    const channels = this.channels * slicesSeen(neighbours);
    const seen = await Promise.all(indices.map((i) => this.#seen(i, neighbours)));
    const samples = seen.map(([own]) => own!);
    const pixels = height * width;
    const images = new Float32Array(samples.length * pixels * channels);
    const codes = new Uint8Array(samples.length * pixels);
    for (const [i, slices] of seen.entries()) {
      const planes = stackSlices(slices.map(({ image }) => image));
      interleave(planes, channels, images.subarray(i * pixels * channels));
      codes.set(slices[0]!.label, i * pixels);
    }
    return {
      images,
      labels: labelPlanes(codes, targets),
      keep: keepPlane(codes),
      codes,
      size: samples.length,
      height,
      width,
      channels,
      classes: targets.classes.length,
      records: samples.map(({ record }) => record),
    };
  }
}
