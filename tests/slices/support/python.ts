import { findPython, runPython } from "../../../tasks/support/python.ts";

const SCRIPT = new URL("../with_numpy.py", import.meta.url).pathname;
const numpy = await findPython("import numpy, nibabel");

/** Whether there is a Python with NumPy and nibabel. */
export const hasNumpy = numpy !== undefined;

/** Runs `with_numpy.py`; what it prints. */
export function withNumpy(...args: string[]): Promise<string> {
  return runPython(numpy!, [SCRIPT, ...args]);
}
