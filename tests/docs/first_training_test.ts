import assert from "node:assert/strict";
import { join, resolve } from "@std/path";
import { loadWeights } from "../../lib/nca/weights.ts";
import { inFolder } from "../support/in_folder.ts";

const root = resolve(import.meta.dirname!, "..", "..");

Deno.test("docs/first_training.ts, the training that the README shows, learns and saves", () =>
  inFolder(async (folder) => {
    await Deno.symlink(join(root, "data.example"), join(folder, "data.example"));
    const script = join(root, "docs", "first_training.ts");
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--config", join(root, "deno.json"), script],
      cwd: folder,
      env: { MED_NCA_BACKEND: "wasm" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    const dice = lines.map((line) => Number(/^Epoch \d: .* (\d\.\d+)$/.exec(line)?.[1]));
    assert.equal(dice.length, 3);
    assert.ok(dice.at(-1)! > 0.5, `${dice}`); // untrained it is below 0.1
    (await loadWeights(join(folder, "runs", "first"))).dispose();
  }));

Deno.test("the README shows docs/first_training.ts as it is, on at most 130 lines", async () => {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const [, shown] = /```ts\n([^]*?)```/.exec(readme)!;
  assert.equal(shown, await Deno.readTextFile(join(root, "docs", "first_training.ts")));
  assert.ok(readme.trimEnd().split("\n").length <= 130);
});
