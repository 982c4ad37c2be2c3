/**
 * Colours each pixel of a canvas; the canvas gets this size. It runs in a browser.
 *
 * @param colour Red, green and blue, 0 to 255, of a pixel by its number, row by row.
 */
export function paint(
  canvas: HTMLCanvasElement,
  [width, height]: readonly [number, number],
  colour: (pixel: number) => readonly number[],
): void {
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d")!;
  const picture = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) picture.data.set([...colour(i), 255], 4 * i);
  context.putImageData(picture, 0, 0);
}
