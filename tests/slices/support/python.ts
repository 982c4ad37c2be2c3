/** Runs `with_numpy.py`; its output, or an error with what Python said. */
export async function withNumpy(...args: string[]): Promise<string> {
  return await python(new URL("../with_numpy.py", import.meta.url).pathname, ...args);
}

async function python(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("python3", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Whether python3 is there, with NumPy and nibabel. */
export const hasNumpy = await python("-c", "import numpy, nibabel").then(() => true, () => false);
