/**
 * The page's scene: its changes, and the resulting frames.
 *
 * @module
 */

import type { Frame } from "./automaton.ts";
import type { Remote } from "./remote.ts";
import { MOST_STEPS, type Scene, type Situation, type Stroke } from "./situation.ts";
import type { WorkerApi } from "./worker.ts";

/** The page's event handlers. */
export interface Listeners {
  /** A new frame is available. */
  readonly onFrame: (frame: Frame) => void;
  /** The scene has changed, or it plays or stops. */
  readonly onScene: () => void;
  readonly onError: (error: unknown) => void;
}

/** The number of changes that can be undone. */
const MOST_UNDO = 200;

/** Holds the scene and asks the worker for its frames: one at a time, the latest wanted first. */
export class Controller {
  readonly #remote: Remote<WorkerApi>;
  readonly #listeners: Listeners;
  #scene: Scene;
  readonly #past: Situation[] = [];
  /** Steps per second; 0 when paused. */
  #speed = 0;
  #wanted = false;
  #busy = false;
  /** Whether there is a case to show. */
  #isOpen = false;
  /** The time of the last requested step. */
  #last = 0;

  constructor(remote: Remote<WorkerApi>, scene: Scene, listeners: Listeners) {
    this.#remote = remote;
    this.#scene = scene;
    this.#listeners = listeners;
  }

  get scene(): Scene {
    return this.#scene;
  }

  get playing(): boolean {
    return this.#speed > 0;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  /** Switches to the scene of another case; earlier changes cannot be undone. */
  open(scene: Scene): void {
    this.#isOpen = true;
    this.#past.length = 0;
    this.#set(scene);
  }

  /** Stops, and requests nothing until there is a case. */
  close(): void {
    this.#isOpen = false;
    this.pause();
  }

  /** Goes on with the case that was closed; its changes can still be undone. */
  reopen(): void {
    this.#isOpen = true;
    this.#request();
  }

  /** Changes the view. */
  look(change: Partial<Pick<Scene, "step" | "show">>): void {
    this.#set({ ...this.#scene, ...change });
  }

  /**
   * Changes the situation. With `merge` it is combined with the previous change, as for a slider.
   */
  change(change: Partial<Situation>, merge: boolean): void {
    if (!merge) this.#remember();
    // The result of ten runs in another situation
    const show = this.#scene.show === "deviation" ? "mask" : this.#scene.show;
    this.#set({ ...this.#scene, ...change, show });
  }

  /** Begins a stroke of the brush in this step. */
  beginStroke(stroke: Omit<Stroke, "step">): void {
    const strokes = [...this.#scene.strokes, { step: this.#scene.step, ...stroke }];
    this.change({ strokes }, false);
  }

  /** Extends the current stroke to another place. */
  extend(x: number, y: number): void {
    const strokes = this.#scene.strokes.slice();
    const last = strokes.pop()!;
    const [beforeX, beforeY] = last.points.slice(-2);
    if (x === beforeX && y === beforeY) return;
    strokes.push({ ...last, points: [...last.points, x, y] });
    this.change({ strokes }, true);
  }

  /** Asks for the frame again, as another result is to be shown. */
  refresh(): void {
    this.#request();
  }

  undo(): void {
    const before = this.#past.pop();
    if (before !== undefined) this.#set({ ...this.#scene, ...before });
  }

  /**
   * Plays to the last step that the model was trained for, and beyond only on request.
   *
   * @param speed Steps a second.
   */
  play(speed: number): void {
    this.#last = performance.now();
    this.#speed = speed;
    this.#listeners.onScene();
    requestAnimationFrame(() => this.#tick());
  }

  pause(): void {
    this.#speed = 0;
    this.#listeners.onScene();
  }

  #remember(): void {
    const { step: _step, show: _show, ...situation } = this.#scene;
    this.#past.push(situation);
    if (this.#past.length > MOST_UNDO) this.#past.shift();
  }

  #set(scene: Scene): void {
    this.#scene = { ...scene, step: Math.min(Math.max(scene.step, 0), MOST_STEPS) };
    this.#listeners.onScene();
    this.#request();
  }

  #tick(): void {
    if (!this.playing) return;
    const now = performance.now();
    const steps = Math.floor((now - this.#last) * this.#speed / 1000);
    if (steps > 0 && !this.#busy) {
      // If the machine cannot keep up, it plays more slowly
      this.#last = steps > 4 ? now : this.#last + 1000 * steps / this.#speed;
      const { step: from, steps: [coarse, fine] } = this.#scene;
      const end = from < coarse + fine ? coarse + fine : MOST_STEPS;
      const step = Math.min(from + Math.min(steps, 4), end);
      this.look({ step });
      if (step === end) return this.pause();
    }
    requestAnimationFrame(() => this.#tick());
  }

  #request(): void {
    this.#wanted = this.#isOpen;
    if (this.#wanted && !this.#busy) this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#wanted) {
        this.#wanted = false;
        this.#listeners.onFrame(await this.#remote.call("frame", [this.#scene]));
      }
    } catch (error) {
      this.#speed = 0;
      this.#listeners.onError(error);
    } finally {
      this.#busy = false;
    }
  }
}
