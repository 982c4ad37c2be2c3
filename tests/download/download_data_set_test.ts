import assert from "node:assert/strict";
import { join } from "@std/path";
import { packTar } from "modern-tar";
import { DATA_SETS } from "../../lib/download/data_sets.ts";
import { downloadDataSet, type DownloadOptions } from "../../lib/download/download_data_set.ts";
import manifest from "../../deno.json" with { type: "json" };
import { dataSetArchive, entry, filesIn, inFolder, serve, sourceOf } from "./support.ts";

const archive = await dataSetArchive();
const HASTE = { patience: 1, retries: 3 };
const EXPECTED = [
  "dataset.json",
  ...["imagesTr", "labelsTr"].flatMap((name) => [1, 2, 3].map((i) => `${name}/case_${i}.nii.gz`)),
].map((name) => `Task99_Test/${name}`).sort();

/** Downloads, and checks that all is there and nothing else. */
async function downloads(options: Omit<DownloadOptions, "onStep">): Promise<string[]> {
  const steps: string[] = [];
  const { folder, there } = await downloadDataSet({
    ...HASTE,
    ...options,
    onStep: (step) => steps.push(step),
  });
  assert.equal(folder, join(options.out, "Task99_Test"));
  assert.equal(there, false);
  const files = await filesIn(options.out);
  assert.deepEqual(Object.keys(files).sort(), EXPECTED);
  assert.equal(files["Task99_Test/imagesTr/case_2.nii.gz"], "image 2 ".repeat(2000));
  return steps;
}

Deno.test("a data set comes whole, without what macOS leaves behind", () =>
  inFolder((out) =>
    serve(archive, {}, async ({ url, ranges }) => {
      const told: [number, number][] = [];
      const source = sourceOf(archive, url);
      const steps = await downloads({
        source,
        out,
        onProgress: (done, total) => told.push([done, total]),
      });
      assert.deepEqual(steps, ["download", "check", "unpack"]);
      assert.deepEqual(told.at(-1), [archive.length, archive.length]);
      assert.deepEqual(ranges, ["all"]);
      // Once more: nothing is asked for.
      assert.equal((await downloadDataSet({ source, out })).there, true);
      assert.deepEqual(ranges, ["all"]);
    })
  ));

Deno.test("a connection that breaks is taken up where it broke", () =>
  inFolder((out) =>
    serve(archive, { breaks: 3 }, async ({ url, ranges }) => {
      const waits: number[] = [];
      const onRetry = (_: string, seconds: number) => waits.push(seconds);
      await downloads({ source: sourceOf(archive, url), out, onRetry });
      assert.deepEqual(ranges, ["all", "bytes=10000-", "bytes=20000-", "bytes=30000-"]);
      assert.deepEqual(waits, [0.001, 0.001, 0.001]); // each of them gained something
    })
  ));

Deno.test("a server that ignores Range sends all again, and it comes whole", () =>
  inFolder((out) =>
    serve(archive, { breaks: 1, ignoresRange: true, length: false }, async ({ url, ranges }) => {
      await downloads({ source: sourceOf(archive, url), out });
      assert.deepEqual(ranges, ["all", "bytes=10000-"]);
      // Over a longer file: nothing of it may be left
      await Deno.remove(join(out, "Task99_Test"), { recursive: true });
      await Deno.writeFile(join(out, "Task99_Test.tar.part"), new Uint8Array(150_000));
      await downloads({ source: sourceOf(archive, url), out });
      assert.deepEqual(ranges.slice(2), ["bytes=150000-"]);
    })
  ));

Deno.test("a server that sends another range than asked for is refused", () =>
  inFolder((out) =>
    serve(archive, { shifts: 1 }, async ({ url }) => {
      await Deno.writeFile(join(out, "Task99_Test.tar.part"), archive.subarray(0, 5000));
      await assert.rejects(downloadDataSet({ source: sourceOf(archive, url), out, ...HASTE }), {
        name: "InputError",
        message: /the part downloaded before is not of this file/,
      });
    })
  ));

Deno.test("a server that is busy is asked again, one that refuses is not", () =>
  inFolder(async (out) => {
    await serve(archive, { statuses: [503, 429, 500] }, async ({ url, ranges }) => {
      const waits: number[] = [];
      const onRetry = (_: string, seconds: number) => waits.push(seconds);
      await downloads({ source: sourceOf(archive, url), out, onRetry });
      assert.equal(ranges.length, 4);
      assert.deepEqual(waits, [0.001, 0.002, 0.004]);
    });
    await Deno.remove(join(out, "Task99_Test"), { recursive: true });
    await serve(archive, { statuses: [404] }, async ({ url, ranges }) => {
      await assert.rejects(downloadDataSet({ source: sourceOf(archive, url), out, ...HASTE }), {
        name: "InputError",
        message: /the server answered 404 Not Found: http/,
      });
      assert.equal(ranges.length, 1);
    });
  }));

Deno.test("what came stays when the network does not come back, and the next time goes on", () =>
  inFolder(async (out) => {
    const source = await new Promise<ReturnType<typeof sourceOf>>((resolve) =>
      serve(archive, { breaks: 9, after: 0 }, async ({ url }) => {
        const source = sourceOf(archive, url);
        await Deno.writeFile(join(out, "Task99_Test.tar.part"), archive.subarray(0, 5000));
        await assert.rejects(downloadDataSet({ source, out, ...HASTE }), {
          name: "InputError",
          hint: /it continues after 5000 bytes/,
        });
        resolve(source);
      })
    );
    await assert.rejects(downloadDataSet({ source, out, ...HASTE }), { name: "InputError" });
    assert.equal((await Deno.stat(join(out, "Task99_Test.tar.part"))).size, 5000);
    await serve(archive, {}, async ({ url, ranges }) => {
      await downloads({ source: { ...source, url }, out });
      assert.deepEqual(ranges, ["bytes=5000-"]);
    });
  }));

Deno.test("a wrong file is recognised by its checksum and not unpacked", () =>
  inFolder(async (out) =>
    serve(await packTar([entry("Task99_Test/other", "other")]), {}, async ({ url }) => {
      await assert.rejects(
        downloadDataSet({ source: sourceOf(archive, url), out, ...HASTE }),
        { name: "InputError", message: /MD5 sum is [0-9a-f]{32}, expected [0-9a-f]{32}: http/ },
      );
      assert.deepEqual(await filesIn(out), {});
    })
  ));

Deno.test("a part of another file, or a whole one, is recognised by the checksum and fetched again", () =>
  inFolder((out) =>
    serve(archive, {}, async ({ url, ranges }) => {
      const part = join(out, "Task99_Test.tar.part");
      await Deno.writeFile(part, new Uint8Array(7000).fill(1));
      await downloads({ source: sourceOf(archive, url), out });
      assert.deepEqual(ranges, ["bytes=7000-", "all"]);
      // Stopped after the last byte: nothing is left to send.
      await Deno.remove(join(out, "Task99_Test"), { recursive: true });
      await Deno.writeFile(part, archive);
      await downloads({ source: sourceOf(archive, url), out });
      assert.deepEqual(ranges.slice(2), [`bytes=${archive.length}-`]);
    })
  ));

Deno.test("a file without an end is cut off", () =>
  inFolder(async (out) => {
    for (const length of [true, false]) {
      await serve(new Uint8Array(300_000), { length }, async ({ url }) => {
        await assert.rejects(
          downloadDataSet({ source: sourceOf(archive, url), out, ...HASTE }),
          { name: "InputError", message: /more than 200000 bytes/ },
        );
      });
    }
    assert.ok((await Deno.stat(join(out, "Task99_Test.tar.part"))).size <= 200_000);
  }));

Deno.test("Ctrl-C keeps what came", () =>
  inFolder((out) =>
    serve(archive, { breaks: 1, after: 20_000 }, async ({ url }) => {
      const controller = new AbortController();
      const source = sourceOf(archive, url);
      await assert.rejects(
        downloadDataSet({
          source,
          out,
          signal: controller.signal,
          onProgress: () => controller.abort(),
        }),
        { name: "AbortError" },
      );
      assert.ok((await Deno.stat(join(out, "Task99_Test.tar.part"))).size > 0);
      await downloads({ source, out });
    })
  ));

Deno.test("two downloads of one data set do not mix", () =>
  inFolder((out) =>
    serve(archive, {}, async ({ url }) => {
      using file = await Deno.open(join(out, "Task99_Test.tar.part"), {
        create: true,
        write: true,
      });
      await file.lock(true);
      await assert.rejects(downloadDataSet({ source: sourceOf(archive, url), out }), {
        name: "InputError",
        message: /another process is downloading it/,
      });
    })
  ));

Deno.test("an archive that is there already is used, checked and kept", () =>
  inFolder(async (out) => {
    const path = join(out, "Task99_Test.tar");
    const source = sourceOf(archive, "http://127.0.0.1:1/none");
    await Deno.writeFile(path, archive.subarray(0, 9000));
    await assert.rejects(downloadDataSet({ source, out }), /MD5 sum/);
    await Deno.writeFile(path, archive);
    // What a killed process left of unpacking is no hindrance.
    await Deno.mkdir(join(out, "Task99_Test.unpacking", "Task99_Test"), { recursive: true });
    await downloadDataSet({ source, out });
    assert.equal((await Deno.stat(path)).size, archive.length);
    await Deno.remove(path);
    assert.deepEqual(Object.keys(await filesIn(out)).sort(), EXPECTED);
  }));

Deno.test("an archive that tries to escape leaves nothing behind, whatever its sum", () =>
  inFolder(async (folder) => {
    const out = join(folder, "data");
    for (const name of ["../escaped", "Task99_Test/../../escaped", "/tmp/escaped"]) {
      const bad = await dataSetArchive([entry(name, "escaped")]);
      await serve(bad, {}, async ({ url }) => {
        await assert.rejects(downloadDataSet({ source: sourceOf(bad, url), out, ...HASTE }), {
          name: "InputError",
          message: /an entry is not a plain file or folder: file .*escaped/,
        });
      });
    }
    const files = Object.keys(await filesIn(folder));
    assert.deepEqual(files, ["data/Task99_Test.tar.part"]);
  }));

Deno.test("an archive without a data set is refused", () =>
  inFolder(async (out) => {
    const bad = await packTar([entry("Task99_Test/dataset.json", "{}")]);
    await serve(bad, {}, async ({ url }) => {
      await assert.rejects(downloadDataSet({ source: sourceOf(bad, url), out }), {
        name: "InputError",
        message: /Task99_Test\/imagesTr is not in it/,
      });
    });
  }));

Deno.test("the task may reach the hosts of the table, and no other", () => {
  const hosts = new Set(Object.values(DATA_SETS).map(({ url }) => new URL(url).host));
  assert.match(manifest.tasks.download.command, / -P=download /);
  assert.deepEqual(new Set(manifest.permissions.download.net), hosts);
  for (const { url, md5, folder } of Object.values(DATA_SETS)) {
    assert.ok(url.startsWith("https://") && url.endsWith(`/${folder}.tar`));
    assert.match(md5, /^[0-9a-f]{32}$/);
  }
  for (const [name, { command }] of Object.entries(manifest.tasks)) {
    assert.ok(!command.includes("--allow-net"), name);
    if (name !== "download") assert.ok(!command.includes("-P=download"), name);
  }
});
