import assert from "node:assert/strict";
import { findPatients } from "../../lib/slices/split/patients.ts";
import { discover } from "../slices/support/layouts.ts";

const text = (await Deno.readTextFile(new URL("../../docs/data.md", import.meta.url)))
  .replaceAll("…", ".nii.gz");

Deno.test("discoverCases() finds the cases that docs/data.md says of each layout", async () => {
  const blocks = [...text.matchAll(/```text\n([^]*?)\n```/g)].map(([, block]) =>
    block!.split("\n")
  );
  assert.equal(blocks.length, 8);
  for (const [ids, ...lines] of blocks) {
    const description = lines.find((line) => line.startsWith("dataset.json "))?.slice(13);
    const paths = lines.filter((line) => !line.startsWith("dataset.json "));
    const { cases, problems } = await discover(paths, description);
    assert.deepEqual(cases.map(({ id }) => id).join(", "), ids, lines.join("\n"));
    assert.deepEqual(problems, []);
    assert.ok(cases.every(({ files }) => files.every(({ label }) => label !== null)));
  }
});

Deno.test("findPatients() takes what docs/data.md shows", async () => {
  const patients = async (
    setting: string,
    ids: string[],
  ) => [...(await findPatients(setting, ids)).values()];
  const settings = [...text.matchAll(/^\| `"?(.+?)"?` +\|/gm)].map(([, setting]) => setting!);
  assert.deepEqual(settings.slice(0, 3), ["--patients", "auto", "case"]);
  assert.deepEqual(await patients(settings[3]!, ["AB1_x", "AB1_y", "C2_x"]), ["AB1", "AB1", "C2"]);
  const [one, two, three] = await patients(
    settings[4]!,
    ["hippocampus_001", "hippocampus_002", "hippocampus_003"],
  );
  assert.ok(one === two && two !== three);
});
