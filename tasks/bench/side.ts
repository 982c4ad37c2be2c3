import process from "node:process";
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { runPython } from "../support/python.ts";
import { ourProgram } from "./our_program.ts";
import type { SetUp } from "./our_side.ts";

/** What a side measures. */
export type Mode = "train" | "inference";

/** What a side takes of a GPU. */
export interface GpuUsage {
  /** The most that its tensors and buffers took at once, in MB. */
  megabytes: number;
  /** Dispatches of the step that ran last, on WebGPU. */
  dispatches: number | null;
  /** Seconds in which that step was handed to the GPU, on WebGPU. */
  hostSeconds: number | null;
}

/** A process that runs steps of the model when asked. */
export class Side {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #name: string;

  private constructor(name: string, command: string, args: string[], env: Record<string, string>) {
    this.#name = name;
    this.#process = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: this.#process.stdout! });
    this.#answers = lines[Symbol.asyncIterator]();
  }

  /** Ours: this program on the backend that the set-up names. */
  static ours(): Side {
    return new Side("ours", Deno.execPath(), ourProgram("our_side.ts"), {});
  }

  /**
   * PyTorch's, with the settings that are fair to it: threads pinned for both of its pools, and
   * glibc kept from giving memory back after every operation (2.3 times faster inference).
   */
  static torch(python: string, threads: number): Side {
    const script = fileURLToPath(new URL("torch_side.py", import.meta.url));
    return new Side("torch", python, [script], {
      OMP_NUM_THREADS: String(threads),
      OPENBLAS_NUM_THREADS: String(threads),
      MALLOC_MMAP_THRESHOLD_: "4000000000",
      MALLOC_TRIM_THRESHOLD_: "16000000000",
      MALLOC_TOP_PAD_: "268435456",
    });
  }

  /** Loads model and input and runs an inference. */
  async setUp(options: SetUp): Promise<void> {
    await this.#ask({ set_up: options });
  }

  /** Runs one step, or some one after the other, and returns the seconds of one. */
  async run(mode: Mode, times = 1): Promise<number> {
    return (await this.#ask({ run: mode, times })).seconds!;
  }

  /** What it takes of a GPU. */
  async gpuUsage(): Promise<GpuUsage> {
    const answer = await this.#ask({ memory: true });
    return {
      megabytes: answer.gpu_megabytes!,
      dispatches: answer.dispatches ?? null,
      hostSeconds: answer.host_seconds ?? null,
    };
  }

  /** The largest resident size so far, in MB. */
  async memory(): Promise<number> {
    return (await this.#ask({ memory: true })).megabytes!;
  }

  /** Ends the process. */
  close(): void {
    this.#process.kill("SIGKILL");
  }

  async #ask(request: unknown): Promise<Record<string, number>> {
    this.#process.stdin!.write(JSON.stringify(request) + "\n");
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`The ${this.#name} side of the benchmark ended`);
    return JSON.parse(value);
  }
}

/**
 * Whether PyTorch multiplies matrices with the reference BLAS, which Debian puts beside it where
 * nothing better is installed. On one thread its 1×1 convolutions go through BLAS and are ten times
 * slower than they need be; on more they do not.
 */
export async function hasReferenceBlas(python: string): Promise<boolean> {
  const maps = await runPython(python, [
    "-c",
    "import torch; print(open('/proc/self/maps').read())",
  ]);
  return /\/blas\/libblas\.so/.test(maps);
}
