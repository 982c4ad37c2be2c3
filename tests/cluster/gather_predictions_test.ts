import assert from "node:assert/strict";
import { join } from "@std/path";
import { gatherPredictions } from "../../lib/cluster/gather_predictions.ts";
import { readJobRecord, writeJobRecord } from "../../lib/cluster/job_record.ts";
import { csvLine, parseCsv } from "../../lib/support/csv.ts";
import { InputError } from "../../lib/support/errors.ts";
import { inFolder } from "../support/in_folder.ts";

const flags = { run: "/r", image: "/i", samples: 1 };
const plan = { kind: "predict" as const, flags, shards: 3, images: 5 };
/** Names that a table or a path might break. */
const NAMES = ['a b, "c".nii.gz', "größe\n2.nii.gz", "it's;=1+1.nii.gz"];

async function writeShard(
  folder: string,
  names: string[],
  failed: { name: string; why: string }[],
) {
  await Deno.mkdir(folder, { recursive: true });
  const rows = [["image", "gland_ml"], ...names.map((name) => [name, 0.5])];
  await Deno.writeTextFile(join(folder, "volumes.csv"), rows.map(csvLine).join(""));
  await Deno.writeTextFile(join(folder, "report.json"), JSON.stringify({ failed }));
}

Deno.test("gatherPredictions() joins shards, counts each image once and names what is missing", () =>
  inFolder(async (folder) => {
    const out = join(folder, "out here");
    const [first, second, third] = [1, 2, 3].map((i) => join(out, `shard_000${i}`));
    const broken = { name: NAMES[2]!, why: "it ends early" };
    await writeShard(first!, NAMES.slice(0, 2), []);
    // An image that has a mask from before and failed now is one image
    await writeShard(third!, [NAMES[2]!], [broken, { name: "x.nii.gz", why: "y" }]);
    const part = await gatherPredictions(out, plan);
    const { failed, ...counts } = part;
    assert.deepEqual(counts, { images: 5, told: 4, masks: 3, missing: ["shard_0002"] });
    assert.deepEqual(failed, [broken, { name: "x.nii.gz", why: "y" }]);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(join(out, "report.json"))), part);
    assert.deepEqual(parseCsv(await Deno.readTextFile(join(out, "volumes.csv"))), [
      ["shard", "image", "gland_ml"],
      ["shard_0001", NAMES[0], "0.5"],
      ["shard_0001", NAMES[1], "0.5"],
      ["shard_0003", NAMES[2], "0.5"],
    ]);

    await writeShard(second!, ["z.nii.gz"], []);
    const whole = await gatherPredictions(out, plan);
    assert.deepEqual([whole.told, whole.masks, whole.missing], [5, 4, []]);
    await Deno.writeTextFile(join(second!, "report.json"), "{}");
    await assert.rejects(gatherPredictions(out, plan), (error) => {
      assert.ok(error instanceof InputError);
      return error.code === "bad-run" && error.path === join(second!, "report.json");
    });
  }));

Deno.test("readJobRecord() reads what writeJobRecord() wrote, and refuses anything else", () =>
  inFolder(async (folder) => {
    assert.equal(await readJobRecord(folder), undefined);
    await writeJobRecord(folder, { seconds: 2, failed: 1 });
    assert.deepEqual(await readJobRecord(folder), { seconds: 2, failed: 1 });
    await Deno.writeTextFile(join(folder, "job.json"), '{"seconds":"2"}');
    await assert.rejects(readJobRecord(folder), InputError);
  }));
