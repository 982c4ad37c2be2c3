import assert from "node:assert/strict";
import { join } from "@std/path";
import { Random } from "../../lib/support/random.ts";
import { killAfter } from "../support/kill_after.ts";
import { dataSetArchive, entry, filesIn, inFolder, serve, sourceOf } from "./support.ts";

/** Processes that are killed; a whole download is repeated until so many were. */
const KILLS = 10;

const SCRIPT = new URL("./download_once.ts", import.meta.url).pathname;

Deno.test("downloads that are killed leave a whole data set or none, and go on", () =>
  inFolder(async (folder) => {
    const archive = await dataSetArchive(
      Array.from(
        { length: 300 },
        (_, i) => entry(`./Task99_Test/imagesTr/more_${i}.nii.gz`, `more ${i} `.repeat(1000)),
      ),
    );
    const random = new Random(7);
    await serve(archive, { pieces: 50_000 }, async ({ url, ranges }) => {
      const { md5 } = sourceOf(archive, url);
      const start = (out: string) =>
        new Deno.Command(Deno.execPath(), {
          args: ["run", "--quiet", "--allow-all", SCRIPT, url, md5, out],
          stderr: "null",
        }).spawn();
      const began = performance.now();
      const whole = join(folder, "whole");
      assert.ok((await start(whole).status).success);
      const takes = performance.now() - began;
      const expected = await filesIn(whole);
      assert.equal(Object.keys(expected).length, 307);

      for (let kills = 0, round = 0; kills < KILLS; round++) {
        assert.ok(round < 10 * KILLS, "the downloads end before they can be killed");
        const out = join(folder, String(round));
        let alive = true;
        for (let tries = 0; alive && tries < 5; tries++) {
          const child = start(out);
          const timer = killAfter(child, random.uniform() * takes);
          alive = !(await child.status).success;
          clearTimeout(timer);
          if (alive) kills++;
          const files = await filesIn(out).catch(() => ({}));
          const made = Object.entries(files).filter(([name]) => name.startsWith("Task99_Test/"));
          if (made.length > 0) assert.deepEqual(Object.fromEntries(made), expected);
        }
        assert.ok((await start(out).status).success);
        assert.deepEqual(await filesIn(out), expected);
      }
      assert.ok(ranges.some((range) => range !== "all"), "some went on where they were");
    });
  }));
