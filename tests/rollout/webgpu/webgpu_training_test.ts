import assert from "node:assert/strict";
import { join } from "@std/path";
import { fileURLToPath } from "node:url";
import { readEvents } from "../../training/support/read_events.ts";
import { withAdapter } from "../support/webgpu.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const REDUCED = ["--size=32,32", "--steps=4,3", "--epochs=1", "--batch-size=4"];
/** No validation patients: choosing by them would take most of the time. */
const SPLIT = {
  train: ["prostate_00", "prostate_01", "prostate_02"],
  validation: [],
  test: ["prostate_04"],
  unused: "others",
};

/** Runs a task as its user does, and returns what it printed. */
async function task(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd: ROOT,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test(
  withAdapter("webgpu trains and scores data.example, with the losses of wasm", async () => {
    const folder = await Deno.makeTempDir();
    try {
      const losses: Record<string, number[]> = {};
      // Only the run of webgpu is scored
      for (const [backend, test] of [["webgpu", SPLIT.test], ["wasm", []]] as const) {
        const out = join(folder, backend);
        const splits = join(folder, `${backend}.json`);
        await Deno.writeTextFile(splits, JSON.stringify({ ...SPLIT, test }));
        const flags = [...REDUCED, `--splits=${splits}`];
        const shown = await task("train", `--backend=${backend}`, `--out=${out}`, ...flags);
        assert.match(shown, new RegExp(`Backend +${backend}:`));
        const events = await readEvents(join(out, "events"));
        losses[backend] = events.flatMap(({ values }) => values["Loss/batch"] ?? []);
      }
      const { webgpu, wasm } = losses as Record<"webgpu" | "wasm", number[]>;
      assert.ok(wasm.length > 5 && wasm.at(-1)! < 0.9 * wasm[0]!, `nothing was learnt: ${wasm}`);
      assert.equal(webgpu.length, wasm.length);
      for (const [i, loss] of webgpu.entries()) {
        // A hidden unit so near to 0 that rounding decides whether ReLU passes it moves a gradient
        // by about 1e-5, and Adam makes steps of equal size of small gradients and large ones.
        const error = Math.abs(loss - wasm[i]!) / wasm[i]!;
        assert.ok(error < (i < 3 ? 1e-5 : 1e-3), `step ${i + 1}: ${webgpu}, ${wasm}`);
      }

      const run = join(folder, "webgpu");
      for (const name of ["model1.safetensors", "model2.safetensors", "plots/predictions.png"]) {
        assert.ok((await Deno.stat(join(run, name))).size > 0, name);
      }
      const summary = JSON.parse(await Deno.readTextFile(join(run, "summary.json")));
      assert.ok(summary.metric_per_case.length > 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }),
);
