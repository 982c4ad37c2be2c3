import assert from "node:assert/strict";
import type { Locator } from "playwright-core";

/** The colour of 0 where signs are shown. */
export const ZERO = [22, 24, 30];

/** The colours of the picture, red, green and blue, row by row. */
export async function picture(view: Locator): Promise<number[][]> {
  const values: number[] = await view.locator("canvas").evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { width, height } = canvas;
    return [...canvas.getContext("2d")!.getImageData(0, 0, width, height).data];
  });
  return Array.from({ length: values.length / 4 }, (_, i) => values.slice(4 * i, 4 * i + 3));
}

/** Erases cells in the middle of a view and lets it go on: they are 0, and then no longer. */
export async function erasesAndGoesOn(view: Locator): Promise<void> {
  const [where, canvas] = [view.locator("#where"), view.locator("canvas")];
  await view.scrollIntoViewIfNeeded();
  await view.locator("#step").fill("60");
  await where.getByText(/^Step 60: fine 20 of 20/).waitFor();
  await view.locator("#show").selectOption("3");
  await view.locator("#radius").fill("2");
  const before = await picture(view);
  const side = Math.sqrt(before.length);
  const [middle, corner] = [side / 2 * side + side / 2, 3 * side + 3];
  const { width, height } = (await canvas.boundingBox())!;
  const position = { x: (side / 2 + 0.5) / side * width, y: (side / 2 + 0.5) / side * height };
  await canvas.click({ position });
  await view.locator("#undo").hover(); // no brush over the picture
  const erased = await picture(view);
  for (const offset of [-1, 0, 1, -side, side]) assert.deepEqual(erased[middle + offset], ZERO);
  assert.notDeepEqual(before.slice(middle - 2, middle + 3), erased.slice(middle - 2, middle + 3));
  assert.deepEqual(erased[corner], before[corner]);
  for (let i = 0; i < 3; i++) await view.locator("#next").click();
  await where.getByText(/^Step 63/).waitFor();
  assert.notDeepEqual((await picture(view)).slice(middle - 2, middle + 3), Array(5).fill(ZERO));
}
