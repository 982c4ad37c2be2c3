import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { packTar, type TarEntry, type TarHeader } from "modern-tar";
import { unpackTar } from "../../lib/download/unpack_tar.ts";
import { InputError } from "../../lib/support/errors.ts";
import { entry, filesIn, inFolder } from "./support.ts";

const LIMITS = { bytes: 10_000, entries: 20 };

async function unpack(folder: string, bytes: Uint8Array, limits = LIMITS): Promise<string[]> {
  const archive = join(folder, "a.tar");
  await Deno.writeFile(archive, bytes);
  const out = join(folder, "out");
  await Deno.remove(out, { recursive: true }).catch(() => {});
  await unpackTar(archive, out, limits);
  return Object.keys(await filesIn(out)).sort();
}

Deno.test("plain files and folders are unpacked, long names too", () =>
  inFolder(async (folder) => {
    const long = `${"folder/".repeat(20)}${"n".repeat(120)}.nii.gz`; // needs a pax header
    const entries = [entry("./"), entry("a/b.json", "1"), entry(long, "2"), entry("empty")];
    entries[0]!.header.type = "directory";
    assert.deepEqual(
      await unpack(folder, await packTar(entries)),
      ["a/b.json", "empty", long].sort(),
    );
  }));

Deno.test("what is no plain file or folder inside is refused", () =>
  inFolder(async (folder) => {
    const kinds: TarEntry[] = [
      ...[
        "../x",
        "a/../../x",
        "/x",
        "//x",
        "a/./x",
        "a\\..\\x",
        "C:x",
        "C:\\x",
        "a//x",
        ".",
        "..",
        "",
      ]
        .map((name) => entry(name, "x")),
      ...["a b", "é", "a\nb", ".hidden", "x".repeat(256), "../._x", "/._x", "a/../.DS_Store"]
        .map((name) => entry(name, "x")),
      ...(["symlink", "link", "character-device", "block-device", "fifo"] as const)
        .map((type): TarEntry => entry("x", "", { type, linkname: "../../x" })),
      entry("../folder/", "", { type: "directory" }),
      entry("x", "x", { pax: { path: "../x" } } as Partial<TarHeader>),
    ];
    for (const bad of kinds) {
      const bytes = await packTar([entry("first", "1"), bad]);
      await assert.rejects(
        unpack(folder, bytes),
        (error) => error instanceof InputError && /not a plain file/.test(error.message),
        JSON.stringify(bad.header),
      );
      assert.deepEqual(
        Object.keys(await filesIn(folder)).sort(),
        ["a.tar", "out/first"],
        JSON.stringify(bad.header),
      );
    }
  }));

Deno.test("sizes and numbers are bounded, files are not written twice", () =>
  inFolder(async (folder) => {
    const files = (count: number, size: number) =>
      packTar(Array.from({ length: count }, (_, i) => entry(`f${i}`, "x".repeat(size))));
    assert.equal((await unpack(folder, await files(20, 500))).length, 20);
    await assert.rejects(unpack(folder, await files(21, 1)), /more than 20 entries/);
    await assert.rejects(unpack(folder, await files(11, 1000)), /more than 10000 bytes/);
    const twice = await packTar([entry("a", "1"), entry("a", "2")]);
    await assert.rejects(unpack(folder, twice), /a file twice/);
    const under = await packTar([entry("a", "1"), entry("a/b", "2")]);
    await assert.rejects(unpack(folder, under), InputError);
  }));

Deno.test("a damaged or cut archive is an input error, and nothing is written outside", () =>
  inFolder(async (folder) => {
    const whole = await packTar([entry("a/b", "1".repeat(700)), entry("c", "2".repeat(700))]);
    await assert.rejects(unpack(folder, whole.subarray(0, 1000)), InputError);
    await assert.rejects(unpack(folder, new TextEncoder().encode("no archive")), InputError);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(whole.length),
        async (changes, cut) => {
          const bytes = whole.slice(0, cut);
          for (const [at, value] of changes) if (at < cut) bytes[at] = value;
          await unpack(folder, bytes).catch((error) => assert.ok(error instanceof InputError));
          const outside = Object.keys(await filesIn(folder)).filter((name) =>
            !/^(a\.tar$|out\/)/.test(name)
          );
          assert.deepEqual(outside, []);
        },
      ),
      { numRuns: 100 },
    );
  }));
