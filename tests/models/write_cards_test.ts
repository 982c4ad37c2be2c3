import assert from "node:assert/strict";
import { documents } from "../../models/write_cards.ts";

Deno.test("the cards and docs/results.md hold the numbers that write_cards.ts makes", async () => {
  const found = await documents();
  assert.equal(found.size, 4);
  for (const [path, { is, should }] of found) {
    assert.equal(is, should, `${path} differs: deno run -RW models/write_cards.ts`);
  }
});

Deno.test("the header of each card is what model hubs read", async () => {
  for (const [path, { is }] of await documents()) {
    if (!path.startsWith("models/")) continue;
    const [, header] = /^---\n([^]*?)\n---\n/.exec(is)!;
    const value = (key: string) => new RegExp(`^ *(?:- )?${key}: (.*)$`, "m").exec(header!)?.[1];
    assert.match(value("license")!, /^(cc-by-sa-4\.0|cc0-1\.0)$/, path);
    assert.equal(value("pipeline_tag"), "image-segmentation");
    assert.match(value("name")!, /^med-nca-/);
    const metrics = [...header!.matchAll(/type: (\w+)\n +name: .*\n +value: ([\d.]+)$/gm)];
    assert.ok(metrics.length >= 2 && metrics.every(([, , number]) => Number(number) > 0), path);
    assert.ok(Number(metrics[0]![2]) < 1 && metrics[0]![1] === "dice");
  }
});
