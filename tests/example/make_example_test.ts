import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "@std/path";
import { exampleCase, makeExample } from "../../lib/example/mod.ts";
import { orientation, readVolume } from "../../lib/volume/mod.ts";

const committed = join(import.meta.dirname!, "../../data.example");

/** Every file of a folder and what is in it. */
async function files(folder: string, prefix = ""): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for await (const { name, isDirectory } of Deno.readDir(join(folder, prefix))) {
    if (name === ".DS_Store" || name === "README.md") continue;
    const path = join(prefix, name);
    if (isDirectory) {
      for (const [inner, bytes] of await files(folder, path)) found.set(inner, bytes);
    } else {
      found.set(path, await Deno.readFile(join(folder, path)));
    }
  }
  return found;
}

Deno.test("makeExample() writes data.example byte for byte", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await makeExample({ out: folder });
    const made = await files(folder);
    const kept = await files(committed);
    assert.deepEqual([...made.keys()].sort(), [...kept.keys()].sort());
    for (const [name, bytes] of made) {
      assert.ok(Buffer.from(bytes).equals(kept.get(name)!), `${name} differs`);
    }
    const size = [...kept.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    assert.ok(size < 2.9e6, `${size} bytes`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("data.example is what its dataset.json and its README say", async () => {
  const about = JSON.parse(await Deno.readTextFile(join(committed, "dataset.json")));
  assert.equal(about.training.length, 12);
  assert.equal(about.numTraining, 12);
  assert.equal(about.test.length, 2);
  const orientations = new Set<string>();
  let channels = 0, oblique = 0;
  for (const { image: imagePath, label: labelPath } of about.training) {
    const image = await readVolume(join(committed, imagePath));
    const label = await readVolume(join(committed, labelPath));
    assert.deepEqual(label.shape, [320, 320, 7]);
    assert.deepEqual(image.shape.slice(0, 3), label.shape);
    assert.deepEqual(image.affine, label.affine);
    orientations.add(orientation(image.affine));
    if (image.shape.length === 4) channels++;
    if (image.affine[1]![2] !== 0) oblique++;

    assert.deepEqual([...new Set(label.data)].sort(), [0, 1, 2], labelPath);
    assert.ok(image.data.every((value) => value % 10 === 0 && value >= 0 && value <= 250));
    const plane = 320 * 320;
    const areas = Array.from({ length: 7 }, (_, k) => {
      const slice = label.data.subarray(k * plane, (k + 1) * plane);
      return slice.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
    });
    assert.ok(areas.every((area) => area > 500), `${labelPath}: ${areas}`);
    assert.ok(areas[0]! < 0.5 * areas[3]! && areas[6]! < 0.6 * areas[3]!, `${areas}`);
    assert.equal(image.data[0], 0, "background");
    assert.ok(bestWindowDice(image.data, label.data) < 0.65, `${imagePath}: grey levels suffice`);
  }
  assert.equal(channels, 1);
  assert.equal(oblique, 1);
  assert.deepEqual([...orientations], ["RAS"]);
});

/** The Dice of the best window of grey levels, taken as the gland. */
function bestWindowDice(image: Float32Array, label: Float32Array): number {
  const all = new Float64Array(26), gland = new Float64Array(26);
  let size = 0;
  label.forEach((value, i) => {
    const level = image[i]! / 10;
    all[level]!++;
    if (value > 0) gland[level]!++, size++;
  });
  let best = 0;
  for (let low = 0; low < 26; low++) {
    for (let high = low, inBoth = 0, inWindow = 0; high < 26; high++) {
      inBoth += gland[high]!;
      inWindow += all[high]!;
      best = Math.max(best, 2 * inBoth / (inWindow + size));
    }
  }
  return best;
}

Deno.test("exampleCase() depends on the seed and the case, and on nothing else", () => {
  const { image, labels } = exampleCase(5, 1);
  assert.deepEqual(exampleCase(5, 1).image.data, image.data);
  assert.notDeepEqual(exampleCase(6, 1).labels, labels);
  assert.notDeepEqual(exampleCase(5, 2).labels, labels);
  const both = exampleCase(5, 1, { diffusion: true });
  assert.deepEqual(both.image.data.subarray(0, image.data.length), image.data);
  assert.deepEqual(both.image.shape, [320, 320, 7, 2]);
});

Deno.test("exampleCase({ beyond }) goes on above and below the gland with the same seven slices", () => {
  const [plain, tall] = [exampleCase(7, 1), exampleCase(7, 1, { beyond: 2 })];
  const plane = 320 * 320;
  assert.deepEqual(tall.image.shape, [320, 320, 11]);
  const middle = <T extends Uint8Array | Float32Array>(data: T) =>
    data.subarray(2 * plane, 9 * plane);
  assert.deepEqual(middle(tall.labels), plain.labels);
  assert.deepEqual(middle(tall.image.data as Float32Array), plain.image.data);
  const gland = (k: number) =>
    tall.labels.subarray(k * plane, (k + 1) * plane).some((code) => code > 0);
  assert.deepEqual([0, 1, 2, 8, 9, 10].map(gland), [false, false, true, true, false, false]);
  assert.ok(tall.image.data.subarray(0, plane).some((value) => value > 0)); // but the body is there
});
