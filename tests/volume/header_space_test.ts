/** Where a header says that its voxels lie: units, and which affine counts. */

import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  createVolume,
  readVolume,
  toCanonical,
  type Volume,
  writeVolume,
} from "../../lib/volume/mod.ts";
import { inFolder } from "../support/in_folder.ts";

const cases = new URL("../fixtures/cases/", import.meta.url).pathname;
const AFFINE = [[-0.5, 0, 0, 10], [0, 0.625, 0, 20], [0, 0, 3, 7], [0, 0, 0, 1]];

/** Writes a volume, changes its header, and reads it. */
async function withHeader(
  change: (view: DataView) => void,
  use: (volume: Volume, path: string) => Promise<void> | void,
): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, "a.nii");
    const data = Float32Array.from({ length: 24 }, (_, i) => i);
    const like = createVolume({
      data,
      shape: [4, 3, 2],
      spacing: [0.5, 0.625, 3],
      affine: AFFINE,
    });
    await writeVolume(path, { data, like });
    const bytes = await Deno.readFile(path);
    change(new DataView(bytes.buffer));
    await Deno.writeFile(path, bytes);
    await use(await readVolume(path), path);
  });
}

/** A half turn around z, with an offset: x to the left, y backwards. */
function setQform(view: DataView): void {
  view.setInt16(252, 1, true);
  [0, 0, 1, 5, 6, 7].forEach((value, i) => view.setFloat32(256 + 4 * i, value, true));
}
const HALF_TURN = [[-0.5, 0, 0, 5], [0, -0.625, 0, 6], [0, 0, 3, 7], [0, 0, 0, 1]];

Deno.test("readVolume() takes voxels of more than 100 mm, or less than 0.1 µm, for a mistake", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.nii");
    const warned = async (size: number) => {
      const data = new Float32Array(8);
      const like = createVolume({ data, shape: [2, 2, 2], spacing: [1, size, 2] });
      await writeVolume(path, { data, like });
      return (await readVolume(path)).warnings.join();
    };
    assert.deepEqual([await warned(100), await warned(2e-4)], ["", ""]);
    assert.equal(await warned(101), "its voxels are 1×101×2 mm, which is probably wrong");
    assert.equal(await warned(9e-5), "its voxels are 1×0.00009×2 mm, which is probably wrong");
  }));

Deno.test("readVolume() takes metres and microns to millimetres", async () => {
  for (const [code, unit] of [[0, 1], [1, 1000], [2, 1], [3, 0.001], [3 | 8, 0.001], [7, 1]]) {
    await withHeader((view) => view.setUint8(123, code!), async (volume, path) => {
      assert.deepEqual(
        volume.affine.slice(0, 3),
        AFFINE.slice(0, 3).map((r) => r.map((v) => v * unit!)),
      );
      assert.deepEqual(volume.affine[3], [0, 0, 0, 1]);
      assert.deepEqual(volume.spacing, [0.5 * unit!, 0.625 * unit!, 3 * unit!]);
      const odd = unit === 1000 ? ["its voxels are 500×625×3000 mm, which is probably wrong"] : [];
      assert.deepEqual(volume.warnings, odd);
      // A mask has the header as it is stored.
      await writeVolume(path, { data: new Uint8Array(24), like: volume });
      const mask = await readVolume(path);
      assert.deepEqual(mask.affine, volume.affine);
      assert.equal(mask.header.bytes[123], code);
      assert.deepEqual(mask.header.bytes.subarray(76, 92), volume.header.bytes.subarray(76, 92));
    });
  }
});

Deno.test("readVolume() reads a volume in microns as 0.5×0.5×1.5 mm", async () => {
  for (const kind of ["images", "labels"]) {
    const volume = await readVolume(join(cases, `units_micron/${kind}/case00.nii.gz`));
    assert.deepEqual(volume.spacing, [0.5, 0.5, 1.5]);
    assert.deepEqual(volume.warnings, []);
  }
});

Deno.test("writeVolume() gives a picture in microns its third voxel size in microns", async () => {
  await withHeader((view) => {
    view.setUint8(123, 3);
    view.setInt16(40, 2, true); // two dimensions
    view.setInt16(44, 6, true);
  }, async (picture, path) => {
    assert.deepEqual(picture.shape, [4, 6, 1]);
    await writeVolume(path, { data: new Uint8Array(24), like: picture });
    const view = new DataView((await Deno.readFile(path)).buffer);
    assert.deepEqual([1, 2, 3, 4].map((i) => view.getFloat32(76 + 4 * i, true)), [
      0.5,
      0.625,
      3,
      1,
    ]);
  });
});

Deno.test("readVolume() says that the orientation is not known without sform and qform", async () => {
  await withHeader((view) => view.setInt16(254, 0, true), (volume) => {
    assert.equal(volume.orientation, null);
    assert.match(volume.warnings.join(), /neither an sform nor a qform/);
    assert.deepEqual(volume.spacing, [0.5, 0.625, 3]);
    const { data, affine, reorientation } = toCanonical(volume);
    assert.equal(data, volume.data, "it stays as it is stored");
    assert.deepEqual(affine, volume.affine);
    assert.deepEqual(reorientation, { axes: [0, 1, 2], flips: [false, false, false] });
  });
  await withHeader(() => {}, ({ orientation }) => assert.equal(orientation, "LAS"));
});

Deno.test("readVolume() takes a good qform instead of an sform of zeros or NaN, and warns", async () => {
  const breakSform = (value: number) => (view: DataView) => {
    for (let at = 280; at < 328; at += 4) view.setFloat32(at, value, true);
  };
  for (
    const [value, what] of [[0, "is singular"], [NaN, "has values that are not finite"]] as const
  ) {
    await withHeader((view) => {
      setQform(view);
      breakSform(value)(view);
    }, (volume) => {
      assert.deepEqual(volume.affine, HALF_TURN);
      assert.equal(volume.orientation, "LPS");
      assert.deepEqual(volume.warnings, [
        `its affine (from the sform) ${what}; its qform is used instead`,
      ]);
    });
  }
  await withHeader(setQform, (volume) => {
    assert.deepEqual(volume.affine, AFFINE, "a good sform comes first");
    assert.deepEqual(volume.warnings, [
      "its sform has the axes LAS and its qform LPS; the sform is used",
    ]);
  });
});

Deno.test("readVolume() warns where other programs may take another affine than it does", async () => {
  /** The sform's rotation and place: nothing to warn of. y and z axes as they are, x to the left. */
  const setEqual = (view: DataView, moved = 0) => {
    view.setInt16(252, 1, true);
    view.setFloat32(76, -1, true); // qfac: with a half turn around y, x alone is flipped
    [0, 1, 0, 10 + moved, 20, 7].forEach((value, i) => view.setFloat32(256 + 4 * i, value, true));
  };
  const warnings = async (change: (view: DataView) => void) => {
    let found: readonly string[] = [];
    await withHeader(change, (volume) => {
      assert.deepEqual(volume.affine, AFFINE);
      found = volume.warnings;
    });
    return found;
  };
  const sformCode = (code: number) => (view: DataView) => view.setInt16(254, code, true);
  assert.deepEqual(await warnings((view) => setEqual(view)), []);
  // A twentieth of a voxel is rounding
  assert.deepEqual(await warnings((view) => setEqual(view, 0.02)), []);
  const moved = (view: DataView) => setEqual(view, 12);
  assert.deepEqual(await warnings((view) => (moved(view), sformCode(1)(view))), [
    "its sform and its qform put it at different places; the sform is used",
  ]);
  // An atlas lies elsewhere than the scanner, so this is no contradiction
  assert.deepEqual(await warnings((view) => (moved(view), sformCode(4)(view))), []);
  // A qform that is not a rotation is used by nobody
  const broken = (view: DataView) => (setEqual(view), view.setFloat32(256, 2, true));
  assert.deepEqual(await warnings(broken), []);
});
