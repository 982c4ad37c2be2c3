import assert from "node:assert/strict";
import { type Drawing, drawPicture, type Plane } from "../../lib/live/picture.ts";

/** What is painted, layer by layer: red, green, blue and opacity of each pixel. */
function paint(drawing: Partial<Drawing> & { plane: Plane }) {
  const layers: number[][] = [];
  const context = {
    canvas: { width: 2, height: 1 },
    ...{ putImageData: ({ data }: { data: Uint8Array }) => layers.push([...data]) },
    ...{ drawImage() {}, beginPath() {}, stroke() {} },
  };
  const canvas = { clientWidth: 2, style: {}, width: 0, height: 0, getContext: () => context };
  const fakes = {
    devicePixelRatio: 1,
    OffscreenCanvas: class {
      getContext = () => context;
    },
    ImageData: class {
      readonly data: Uint8Array;
      constructor(width: number, height: number) {
        this.data = new Uint8Array(4 * width * height);
      }
    },
  };
  Object.assign(globalThis, fakes);
  const scale = drawPicture(canvas as unknown as HTMLCanvasElement, {
    ...{ image: { data: [-2, 3], height: 1, width: 2 }, truth: null, brush: null },
    ...{ view: "raw", codes: "classes", window: [-2, 3] },
    ...drawing,
  });
  return { layers, scale };
}

const plane = (kind: Plane["kind"], ...data: number[]) =>
  ({ data, height: 1, width: data.length, kind, most: 1 }) as const;

Deno.test("drawPicture() shows images in their window, below a mask in the colours of its codes", () => {
  const { layers, scale } = paint({ plane: plane("mask", 0, 2) });
  assert.deepEqual(layers, [
    [0, 0, 0, 255, 255, 255, 255, 255],
    [0, 0, 0, 0, 86, 180, 233, 130],
  ]);
  assert.equal(scale, null);
  // The second region lies over the first
  const [, regions] = paint({ plane: plane("mask", 1, 3), codes: "regions" }).layers;
  assert.deepEqual(regions, [230, 159, 0, 130, 86, 180, 233, 130]);
});

Deno.test("drawPicture() gives the scale of a channel: of an image, and of signed numbers", () => {
  const grey = paint({ plane: plane("grey", 0.5, 9) });
  assert.deepEqual(grey.layers, [[128, 128, 128, 255, 255, 255, 255, 255]]);
  assert.deepEqual([grey.scale!.low, grey.scale!.high], ["-2", "3"]);
  const signed = paint({ plane: plane("signed", 0, -12.4) });
  assert.deepEqual(signed.layers, [[22, 24, 30, 255, 140, 205, 255, 255]]);
  assert.deepEqual([signed.scale!.low, signed.scale!.high], ["−12", "12"]);
  const part = paint({ plane: { ...plane("part", 0, 0.5), most: 0.5 } });
  assert.deepEqual(part.layers, [[68, 1, 84, 255, 253, 231, 37, 255]]);
  assert.deepEqual([part.scale!.low, part.scale!.high], ["0", "0.5"]);
});
