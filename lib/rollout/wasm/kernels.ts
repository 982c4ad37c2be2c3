/** What the kernels export. */
export interface Kernels {
  forward(job: number, thread: number): void;
  backward(job: number, thread: number): void;
}

/** The tasks by their number in the control block. */
export const TASKS = ["forward", "backward"] as const;

/**
 * An instance of the kernels on a memory.
 *
 * @param describe Describes an invalid access of a checked build.
 */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  describe: (address: number, bytes: number) => string,
): Kernels {
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory,
      abort: () => {
        throw new Error("The kernel aborted");
      },
      outside: (address: number, bytes: number) => {
        throw new RangeError(describe(address >>> 0, bytes));
      },
    },
  });
  return instance.exports as unknown as Kernels;
}
