/**
 * The one way to the Deno kernel's display.
 *
 * @module
 */

/** A value by media type, as Jupyter takes it. */
export type MediaBundle = Record<string, string>;

/** Deno's types leave the kernel's own part out unless unstable ones are asked for. */
interface Kernel {
  display(
    bundle: MediaBundle,
    options: { raw: true; display_id?: string; update?: boolean },
  ): Promise<void>;
}

/**
 * Sends something to be shown below the cell that runs.
 *
 * @param bundle The value by media type.
 * @param options.id Names what is shown, so that it can be replaced.
 * @param options.update Replaces what was shown under the id.
 * @throws {Error} If no Deno kernel runs this.
 */
export async function sendDisplay(
  bundle: MediaBundle,
  options: { id?: string; update?: boolean } = {},
): Promise<void> {
  const { jupyter } = Deno as unknown as { jupyter: Kernel };
  const { id, update } = options;
  await jupyter.display(bundle, {
    raw: true,
    ...(id === undefined ? {} : { display_id: id }),
    ...(update === undefined ? {} : { update }),
  });
}
