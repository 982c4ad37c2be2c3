/**
 * Displays values through the Deno kernel.
 *
 * @module
 */

/** A value by media type, in Jupyter's form. */
export type MediaBundle = Record<string, string>;

/** Deno's types include the kernel's part only with unstable types. */
interface Kernel {
  display(
    bundle: MediaBundle,
    options: { raw: true; display_id?: string; update?: boolean },
  ): Promise<void>;
}

/**
 * Displays something below the running cell.
 *
 * @param bundle The value by media type.
 * @param options.id An id, so that the output can be replaced.
 * @param options.update Replaces the output with this id.
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
