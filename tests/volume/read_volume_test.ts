import assert from "node:assert/strict";
import { gunzipSync, gzipSync } from "node:zlib";
import { join } from "@std/path";
import fc from "fast-check";
import { createVolume, readVolume, readVolumeHeader, writeVolume } from "../../lib/volume/mod.ts";
import { InputError } from "../../lib/support/errors.ts";
import { inFolder } from "../support/in_folder.ts";
import { goodFile, SHAPE, VALUES } from "./good_file.ts";

type Change = (view: DataView<ArrayBuffer>) => void;

const HEADER_FAULTS: { name: string; change: Change; message: RegExp }[] = [
  { name: "no header", change: (v) => v.setInt32(0, 7), message: /does not start with a NIfTI/ },
  { name: "wrong magic", change: (v) => v.setUint8(344, 65), message: /wrong magic/ },
  {
    name: "Analyze",
    change: (v) => v.setUint32(344, 0),
    message: /header of an Analyze 7\.5 pair/,
  },
  { name: "half of a pair", change: (v) => v.setUint8(345, 0x69), message: /\.hdr and \.img pair/ },
  { name: "zero size", change: (v) => v.setInt16(42, 0, true), message: /0×3×2 has no voxels/ },
  { name: "negative size", change: (v) => v.setInt16(44, -3, true), message: /4×-3×2 has no/ },
  { name: "no dimensions", change: (v) => v.setInt16(40, 0, true), message: /have 0 dimensions/ },
  { name: "eight dimensions", change: (v) => v.setInt16(40, 8, true), message: /8 dimensions/ },
  {
    name: "five real dimensions",
    change: (v) => {
      v.setInt16(40, 5, true);
      v.setInt16(48, 2, true);
      v.setInt16(50, 3, true);
    },
    message: /not 4×3×2×2×3/,
  },
  { name: "RGB", change: (v) => v.setInt16(70, 128, true), message: /type RGB24/ },
  { name: "complex", change: (v) => v.setInt16(70, 32, true), message: /type complex64/ },
  { name: "odd type", change: (v) => v.setInt16(70, 77, true), message: /type code 77/ },
  { name: "offset", change: (v) => v.setFloat32(108, 0, true), message: /start at byte 0, inside/ },
  { name: "NaN offset", change: (v) => v.setFloat32(108, NaN, true), message: /at byte NaN/ },
  {
    name: "NaN affine",
    change: (v) => v.setFloat32(284, NaN, true),
    message: /affine \(from the sform\) has values that are not finite/,
  },
  {
    name: "singular affine",
    change: (v) => v.setFloat32(280, 0, true),
    message: /affine \(from the sform\) is singular/,
  },
  {
    name: "quaternion longer than 1",
    change: (v) => {
      v.setInt16(252, 1, true);
      v.setInt16(254, 0, true);
      v.setFloat32(256, 3, true);
    },
    message: /qform is not a rotation/,
  },
  {
    name: "infinite intercept",
    change: (v) => v.setFloat32(116, Infinity, true),
    message: /scl_inter of Infinity/,
  },
  {
    name: "several faults at once",
    change: (v) => {
      v.setInt16(42, 0, true);
      v.setInt16(70, 128, true);
    },
    message: /no voxels; voxels of type RGB24/,
  },
  {
    name: "terabytes",
    change: (v) => [42, 44, 46].forEach((at) => v.setInt16(at, 32767, true)),
    message: /32767×32767×32767 voxels are more than 1073741824/,
  },
  {
    name: "twice the voxels",
    change: (v) => v.setInt16(42, 8, true),
    message: /announces 8×3×2 voxels of int16 \(96 bytes\), the file (can hold|holds) \d+/,
  },
];

Deno.test("readVolume takes a fifth dimension after a time of 1 for channels, as ITK writes them", () =>
  inFolder(async (folder) => {
    const path = join(folder, "vector.nii");
    const shape = [2, 1, 1, 3];
    const like = createVolume({ data: new Float32Array(6), shape, spacing: [1, 2, 3] });
    await writeVolume(path, { data: Float32Array.of(1, 2, 3, 4, 5, 6), like });
    const bytes = await Deno.readFile(path);
    const view = new DataView(bytes.buffer);
    for (const [i, size] of [5, 2, 1, 1, 1, 3].entries()) view.setInt16(40 + 2 * i, size, true);
    await Deno.writeFile(path, bytes);
    const volume = await readVolume(path);
    assert.deepEqual(volume.shape, shape);
    assert.deepEqual(volume.data, Float32Array.of(1, 2, 3, 4, 5, 6));
    await writeVolume(path, { data: Uint8Array.of(1, 0), like: volume });
    assert.deepEqual((await readVolume(path)).shape, [2, 1, 1]);
  }));

Deno.test("readVolume() reads values, shape, spacing and affine, gzipped or not, by content", async () => {
  await inFolder(async (folder) => {
    const good = await goodFile(folder);
    const files = { "a.nii": good, "b.nii.gz": gzipSync(good), "c.nii.gz": good };
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await Deno.writeFile(path, content);
      const volume = await readVolume(path);
      assert.deepEqual(volume.data, Float32Array.from(VALUES));
      assert.deepEqual(volume.shape, SHAPE);
      assert.deepEqual(volume.spacing, [0.5, 0.625, 3]);
      assert.deepEqual(volume.affine[0], [0.5, 0, 0, -10]);
      assert.equal(volume.path, path);
    }
  });
});

Deno.test("readVolume() names what is wrong with a header", async (t) => {
  await inFolder(async (folder) => {
    const good = await goodFile(folder);
    for (const { name, change, message } of HEADER_FAULTS) {
      await t.step(name, async () => {
        const bytes = good.slice();
        change(new DataView(bytes.buffer));
        for (const [suffix, content] of [[".nii", bytes], [".nii.gz", gzipSync(bytes)]] as const) {
          const path = join(folder, `bad${suffix}`);
          await Deno.writeFile(path, content);
          await assert.rejects(readVolume(path), (error) => {
            assert.ok(error instanceof InputError, String(error));
            assert.match(error.message, message);
            assert.match(error.message, /^Cannot read volume: /);
            assert.equal(error.path, path);
            return true;
          });
        }
      });
    }
  });
});

Deno.test("readVolume() refuses truncated, damaged and overfull files", async (t) => {
  await inFolder(async (folder) => {
    const good = await goodFile(folder);
    const gz = gzipSync(good);
    const damaged = Uint8Array.from(gz);
    damaged[gz.length - 6]! ^= 1;
    const bomb = new Uint8Array(good.length + 200_000);
    bomb.set(good);
    const faults: [string, Uint8Array, RegExp][] = [
      ["empty", new Uint8Array(0), /it is empty: /],
      ["only a header", good.subarray(0, 348), /can hold 0 at most/],
      ["ends inside the header", good.subarray(0, 200), /ends inside its header/],
      ["ends inside the voxels", good.subarray(0, good.length - 5), /can hold 43 at most/],
      ["gzip without an end", gz.subarray(0, gz.length - 20), /gzip stream ends early/],
      ["gzip without its checksum", gz.subarray(0, gz.length - 3), /gzip stream ends early/],
      ["gzip with a wrong checksum", damaged, /gzip stream is damaged/],
      ["whole gzip, voxels missing", gzipSync(good.subarray(0, 360)), /the file holds 8/],
      ["inflates to more than announced", gzipSync(bomb), /inflates to more than the 48 bytes/],
    ];
    for (const [name, content, message] of faults) {
      await t.step(name, async () => {
        const path = join(folder, "bad.nii.gz");
        await Deno.writeFile(path, content);
        await assert.rejects(readVolume(path), (error) => {
          assert.ok(error instanceof InputError, String(error));
          assert.match(error.message, message);
          return true;
        });
      });
    }
  });
});

Deno.test("readVolume() converts volumes of any length, block by block", async () => {
  await inFolder(async (folder) => {
    const shape = [100, 70, 20]; // 140,000 voxels: two blocks and a part
    const data = Int16Array.from({ length: 140_000 }, (_, i) => i % 30_011);
    const like = createVolume({ data: new Float32Array(140_000), shape, spacing: [1, 1, 1] });
    for (const name of ["a.nii", "a.nii.gz"]) {
      await writeVolume(join(folder, name), { data, like });
      assert.deepEqual((await readVolume(join(folder, name))).data, Float32Array.from(data));
    }
    const bytes = await Deno.readFile(join(folder, "a.nii"));
    await Deno.writeFile(join(folder, "a.nii.gz"), gzipSync(bytes.subarray(0, 352 + 250_001)));
    await assert.rejects(readVolume(join(folder, "a.nii.gz")), /the file holds 250001/);
  });
});

Deno.test("readVolume() names files of other formats, by content and by name", async () => {
  await inFolder(async (folder) => {
    const files: [name: string, content: string, what: string, hint: RegExp][] = [
      [
        "a.nii.gz",
        "version https://git-lfs.github.com/spec/v1\n",
        "a git-LFS pointer",
        /lfs pull/,
      ],
      ["a.nii.gz", "<!DOCTYPE html><html>", "a web page", /Download it again/],
      ["a.nii", "NRRD0004\ntype: short\n", "an NRRD file", /3D Slicer/],
      ["a.nii", " ".repeat(128) + "DICM", "a DICOM file", /dcm2niix/],
      ["a.mhd", "NDims = 3\n", "a MetaImage file", /ITK-SNAP/],
      ["a.img", "\0".repeat(500), "half of a .hdr and .img pair", /nibabel/],
    ];
    for (const [name, content, what, hint] of files) {
      const path = join(folder, name);
      const zipped = gzipSync(content);
      for (const bytes of [new TextEncoder().encode(content), zipped]) {
        await Deno.writeFile(path, bytes);
        await assert.rejects(readVolume(path), (error) => {
          assert.ok(error instanceof InputError);
          assert.ok(error.message.startsWith(`Cannot read volume: it is ${what}`), error.message);
          assert.match(error.hint, hint);
          return true;
        });
      }
    }
    await Deno.writeFile(join(folder, "a.nii.gz"), gzipSync(gzipSync(await goodFile(folder))));
    await assert.rejects(readVolume(join(folder, "a.nii.gz")), /it is packed with gzip twice/);
  });
});

Deno.test({
  name: "readVolume() does not wait for a pipe, nor read a device (not on Windows)",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inFolder(async (folder) => {
      const pipe = join(folder, "pipe.nii.gz");
      assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
      for (const path of [pipe, "/dev/zero"]) {
        await assert.rejects(readVolume(path), /it is a pipe or a device, not a file/);
      }
    });
  },
});

Deno.test("readVolumeHeader() reads no voxels, but sees that the file is too short", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "good.nii");
    const good = await goodFile(folder);
    const { shape, spacing, datatype, offset, orientation } = await readVolumeHeader(path);
    assert.deepEqual(
      [shape, spacing, datatype.name, offset, orientation],
      [SHAPE, [0.5, 0.625, 3], "int16", 352, "RAS"],
    );
    await Deno.writeFile(path, good.subarray(0, 399));
    await assert.rejects(readVolumeHeader(path), /48 bytes\), the file can hold 47 at most/);
  });
});

Deno.test("readVolume() says that a file is missing, or a folder", async () => {
  await inFolder(async (folder) => {
    await assert.rejects(readVolume(join(folder, "none.nii.gz")), {
      name: "InputError",
      message: `Cannot read volume: no such file: ${join(folder, "none.nii.gz")}`,
    });
    await assert.rejects(readVolume(folder), /it is a folder, not a file/);
  });
});

Deno.test("readVolume() leaves NaN voxels to its callers", async () => {
  await inFolder(async (folder) => {
    const data = Float32Array.of(1, NaN, Infinity, -2);
    const path = join(folder, "nan.nii.gz");
    await writeVolume(path, {
      data,
      like: createVolume({ data, shape: [4, 1, 1], spacing: [1, 1, 1] }),
    });
    assert.deepEqual((await readVolume(path)).data, data);
  });
});

Deno.test("readVolume() of a damaged file gives a volume or an InputError, nothing else", async () => {
  await inFolder(async (folder) => {
    const good = await goodFile(folder);
    const gz = Uint8Array.from(gzipSync(good));
    assert.deepEqual(Uint8Array.from(gunzipSync(gz)), good);
    const path = join(folder, "damaged.nii.gz");
    const damage = fc.record({
      zipped: fc.boolean(),
      keep: fc.double({ min: 0.9, max: 1, noNaN: true }),
      bytes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ zipped, keep, bytes }) => {
        const whole = zipped ? gz : good;
        const content = whole.slice(0, Math.ceil(whole.length * keep));
        for (const [at, value] of bytes) content[at % content.length] = value;
        await Deno.writeFile(path, content);
        try {
          const volume = await readVolume(path);
          assert.equal(volume.data.length, volume.shape.reduce((a, b) => a * b));
          assert.ok(volume.affine.flat().every(Number.isFinite));
        } catch (error) {
          assert.ok(error instanceof InputError, String(error));
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});
