import type { MedNca } from "../nca/med_nca.ts";
import { saveWeights } from "../nca/weights.ts";
import type { SourceFile } from "../slices/manifest.ts";
import { writeJsonAtomic } from "../support/files.ts";
import { lockFolder } from "../support/output_folder.ts";
import type { Adam } from "./adam.ts";
import { captureModel, type Counters, writeCheckpoint } from "./checkpoint.ts";
import { EventLog } from "./event_log.ts";
import {
  describeTag,
  type EpochMetrics,
  epochScalars,
  stepScalars,
  writeMetrics,
} from "./metrics.ts";
import { createRun, type RunContents, type RunPaths, runPaths } from "./run_folder.ts";
import { writeSources } from "./run_sources.ts";
import { writeVersions } from "./run_versions.ts";

/** Writes a run's folder: event log, metrics, weights, checkpoint. */
export class RunRecorder {
  #saved: { step: number; time: number };

  private constructor(
    private readonly paths: RunPaths,
    private readonly events: EventLog,
    private readonly contents: RunContents,
    private readonly lock: Disposable,
    step: number,
  ) {
    this.#saved = { step, time: performance.now() };
  }

  /**
   * Starts or continues a run's folder, and locks it until it is closed.
   *
   * @param files The images and labels that the slices were made from.
   * @param resume Called once the folder is locked; returns the checkpoint's position. Later
   * records are removed.
   * @throws {InputError} If a new run's folder already holds one, or another process trains in it.
   */
  static async open(
    folder: string,
    contents: RunContents,
    files: readonly SourceFile[],
    resume: (() => Promise<Counters>) | null,
  ): Promise<RunRecorder> {
    using stack = new DisposableStack();
    const lock = stack.use(await lockFolder(folder, "train"));
    const paths = runPaths(folder);
    const resumed = await resume?.() ?? null;
    if (resumed === null) {
      await createRun(folder, contents);
    } else {
      await writeJsonAtomic(paths.config, contents.config); // more epochs, another backend
      await writeMetrics(paths.metrics, resumed.history);
    }
    await writeSources(folder, files);
    await writeVersions(folder, resumed !== null);
    const events = await EventLog.open(paths.events, resumed?.events ?? null, describeTag);
    stack.move();
    return new RunRecorder(paths, events, contents, lock, resumed?.step ?? 0);
  }

  /** The newest checkpoint: its file, and its number of steps. */
  get lastCheckpoint(): { path: string; step: number } {
    return { path: this.paths.checkpoint, step: this.#saved.step };
  }

  /** Whether it is time for another checkpoint. */
  get checkpointDue(): boolean {
    return performance.now() - this.#saved.time > 60_000 * this.contents.config.checkpointMinutes;
  }

  /** Logs a step. */
  step(step: number, losses: { loss: number; dice: number; bce: number }): void {
    if (step % this.contents.config.logEvery === 0) {
      this.events.scalars(step, stepScalars(losses));
    }
  }

  /**
   * Writes a checkpoint and the metrics up to it.
   *
   * @param options.epoch The epoch that ends here, if any: its weights and figures are stored too.
   * @param options.mean The running mean of the weights, if any; stored at the end of an epoch.
   * @throws {RangeError} If a weight is not finite; then nothing is overwritten.
   */
  async checkpoint(
    counters: Counters,
    model: MedNca,
    adam: Adam,
    options: { epoch: { metrics: EpochMetrics; best: boolean } | null; mean: MedNca | null },
  ): Promise<void> {
    const captured = await captureModel(model, adam, options.mean);
    const kept = options.mean ?? model;
    if (options.epoch !== null) {
      const { metrics } = options.epoch;
      this.events.scalars(metrics.epoch, epochScalars(metrics));
      await saveWeights(kept, this.paths.last);
      if (options.epoch.best) await saveWeights(kept, this.paths.best);
    }
    counters.events = await this.events.flush();
    await writeCheckpoint(this.paths.checkpoint, {
      counters,
      config: this.contents.config,
      split: this.contents.split,
      ...captured,
    });
    await writeMetrics(this.paths.metrics, counters.history);
    this.#saved = { step: counters.step, time: performance.now() };
  }

  /** Closes the event log and releases the folder. */
  close(): void {
    this.events.close();
    this.lock[Symbol.dispose]();
  }
}
