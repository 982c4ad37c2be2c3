import assert from "node:assert/strict";
import { join } from "@std/path";
import { fileURLToPath } from "node:url";
import { WEIGHT_FILES } from "../../lib/nca/weights.ts";
import { cached, cacheFolder } from "../../lib/rollout/wasm/kernel_cache.ts";
import { inFolder, runTaskIn } from "../tasks/support/run_task.ts";

/** Where another variable names the folder. */
const ignore = Deno.build.os === "windows" || Deno.build.os === "darwin";

Deno.test("cacheFolder() is where each system keeps caches", () => {
  const home = { HOME: "/home/ada" };
  const folder = (os: typeof Deno.build.os, env: Record<string, string>) =>
    cacheFolder(os, (name) => env[name]);
  const cache = join("/home/ada", ".cache", "med-nca");
  assert.equal(folder("linux", home), cache);
  assert.equal(folder("linux", { ...home, XDG_CACHE_HOME: "here" }), cache);
  const scratch = join("/scratch", "med-nca");
  assert.equal(folder("linux", { ...home, XDG_CACHE_HOME: "/scratch" }), scratch);
  assert.equal(folder("darwin", home), join("/home/ada", "Library", "Caches", "med-nca"));
  assert.equal(folder("windows", { LOCALAPPDATA: "/local" }), join("/local", "med-nca"));
  assert.equal(folder("linux", {}), undefined);
});

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs Deno. */
async function deno(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: root })
    .output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Runs with an empty folder as the user's cache; Deno's own stays where it is. */
async function withCache(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const variables = {
    DENO_DIR: JSON.parse(await deno("info", "--json")).denoDir,
    XDG_CACHE_HOME: folder,
  };
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    await run(join(folder, "med-nca"));
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "cached() makes anew what is missing, damaged or of another source",
  ignore,
  fn: () =>
    withCache(async (folder) => {
      let made = 0;
      const get = (source: string) =>
        cached("a.bin", source, () => Promise.resolve(new Uint8Array([1, 2, ++made])));
      const last = async (source: string) => (await get(source)).at(-1);
      assert.deepEqual([...await get("x")], [1, 2, 1]);
      assert.equal(await last("x"), 1, "it is there");

      const path = join(folder, "a.bin");
      const whole = await Deno.readFile(path);
      const changed = (at: number) => whole.map((byte, i) => i === at ? byte ^ 1 : byte);
      const damaged = [changed(0), changed(31), changed(32), changed(34), whole.slice(0, 34)]
        .concat(whole.slice(0, 20), new Uint8Array(), new Uint8Array([...whole, 0]));
      for (const [i, bytes] of damaged.entries()) {
        await Deno.writeFile(path, bytes);
        assert.equal(await last("x"), 2 + i, `damage ${i}`);
        assert.equal(await last("x"), 2 + i, `made anew ${i}`);
      }
      assert.equal(await last("y"), 10, "of another source");
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.bin"]);
    }),
});

Deno.test({
  name: "compileKernels() keeps kernels for the next start, and does without where it may not",
  ignore,
  fn: () =>
    withCache(async (folder) => {
      const compile = async (...permissions: string[]) => {
        const script = "tests/rollout/support/compile.ts";
        const printed = await deno("run", "--quiet", "--no-prompt", ...permissions, script);
        assert.equal(printed, "forward\n");
      };
      // The compiler asks for CI.
      const [none, env] = ["--allow-env=CI", "--allow-env=CI,XDG_CACHE_HOME"];
      const [read, write] = [`--allow-read=${folder}`, `--allow-write=${folder}`];
      for (const permissions of [[none, read, write], [env, read]]) {
        await compile(...permissions);
        await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
      }
      await compile(env, read, write);
      const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
      assert.match(names.join(), /^kernels-8-16-[0-9a-f]{16}\.bin$/);
    }),
});

Deno.test({
  name: "the predict task compiles no kernels for weights that are damaged",
  ignore,
  fn: () =>
    withCache((cache) =>
      inFolder(async (folder) => {
        const model = join(root, "models/hippocampus");
        for (const name of ["config.json", "slices.json", ...WEIGHT_FILES]) {
          const bytes = await Deno.readFile(join(model, name));
          await Deno.writeFile(
            join(folder, name),
            bytes.subarray(0, name === WEIGHT_FILES[1] ? 99 : undefined),
          );
        }
        const images = join(root, "data.example/imagesTs");
        const args = ["--run", ".", "--image", images, "--out", "masks", "--backend", "wasm"];
        const { code, error } = await runTaskIn(folder, "predict", ...args);
        assert.equal(code, 1);
        assert.match(error, /model2\.safetensors/);
        await assert.rejects(Deno.stat(cache), Deno.errors.NotFound);
      })
    ),
});
