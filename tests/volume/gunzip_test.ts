/** How gzipped volumes are read: members, padding, headers, and what stands behind them. */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { join } from "@std/path";
import { readVolume } from "../../lib/volume/mod.ts";
import { inFolder } from "../support/in_folder.ts";
import { goodFile, VALUES } from "./good_file.ts";

Deno.test("readVolume() reads gzip in several members, and with padding", async () => {
  await inFolder(async (folder) => {
    const good = await goodFile(folder);
    const path = join(folder, "parts.nii.gz");
    const parts = [good.subarray(0, 100), good.subarray(100), new Uint8Array(512)];
    await Deno.writeFile(path, Uint8Array.from(parts.flatMap((part) => [...gzipSync(part)])));
    assert.deepEqual((await readVolume(path)).data, Float32Array.from(VALUES));
  });
});

Deno.test("readVolume() allows for 65536 bytes of padding within the gzip stream, no more", async () => {
  await inFolder(async (folder) => {
    const good = await goodFile(folder);
    const path = join(folder, "padded.nii.gz");
    const write = (padding: number) =>
      Deno.writeFile(path, gzipSync(Uint8Array.from([...good, ...new Uint8Array(padding)])));
    await write(65536);
    assert.deepEqual((await readVolume(path)).data, Float32Array.from(VALUES));
    await write(65537);
    await assert.rejects(readVolume(path), /it inflates to more than the 48 bytes/);
  });
});

Deno.test("readVolume() reads a whole gzip with something behind it, and says so", async () => {
  await inFolder(async (folder) => {
    const gz = gzipSync(await goodFile(folder));
    const path = join(folder, "trailing.nii.gz");
    const tails: [tail: number[], count: number][] = [
      [[13, 10], 2],
      [[0, 0, 7, 0], 2], // zeros are padding, until something else comes
      [[0x1f, 0x8b], 2],
      [Array.from({ length: 200_000 }, (_, i) => i % 251 + 1), 200_000],
      [Array.from({ length: 200_000 }, () => 0), 0],
    ];
    for (const [tail, count] of tails) {
      await Deno.writeFile(path, Uint8Array.from([...gz, ...tail]));
      const volume = await readVolume(path);
      assert.deepEqual(volume.data, Float32Array.from(VALUES));
      const warning = `${count} bytes after the end of the gzip stream are ignored`;
      assert.deepEqual(volume.warnings, count === 0 ? [] : [warning]);
    }
    // What starts as another member must be a whole one.
    await Deno.writeFile(path, Uint8Array.from([...gz, ...gz.subarray(0, 40)]));
    await assert.rejects(readVolume(path), /gzip stream ends early/);
    await Deno.writeFile(path, Uint8Array.from([...gz, ...gz.subarray(0, 10), 7, 7, 7, 7, 7, 7]));
    await assert.rejects(readVolume(path), /gzip stream is damaged \(/);
  });
});

Deno.test("readVolume() reads gzip headers with all their parts (RFC 1952)", async () => {
  await inFolder(async (folder) => {
    const gz = gzipSync(await goodFile(folder));
    const text = (value: string) => [...new TextEncoder().encode(value), 0];
    const parts: [flag: number, bytes: number[]][] = [
      [4, [3, 1, ...Array.from({ length: 259 }, (_, i) => i % 256)]],
      [8, text("name.nii")],
      [16, text("a comment")],
      [2, [0x12, 0x34]],
    ];
    const path = join(folder, "header.nii.gz");
    for (let set = 0; set < 16; set++) {
      const used = parts.filter((_, i) => set >> i & 1);
      const header = Uint8Array.from(gz.subarray(0, 10));
      header[3] = used.reduce((flags, [flag]) => flags | flag, 0);
      const extra = used.flatMap(([, bytes]) => bytes);
      await Deno.writeFile(path, Uint8Array.from([...header, ...extra, ...gz.subarray(10)]));
      assert.deepEqual((await readVolume(path)).data, Float32Array.from(VALUES), String(set));
    }
  });
});
