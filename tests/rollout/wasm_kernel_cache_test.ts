import assert from "node:assert/strict";
import { join } from "@std/path";
import { fileURLToPath } from "node:url";
import { cached, cacheFolder } from "../../lib/rollout/wasm/kernel_cache.ts";

Deno.test("cacheFolder() is where each system keeps caches", () => {
  const home = { HOME: "/home/ada" };
  const folder = (os: typeof Deno.build.os, env: Record<string, string>) =>
    cacheFolder(os, (name) => env[name]);
  assert.equal(folder("linux", home), "/home/ada/.cache/med-nca");
  assert.equal(folder("linux", { ...home, XDG_CACHE_HOME: "/scratch" }), "/scratch/med-nca");
  assert.equal(folder("linux", { ...home, XDG_CACHE_HOME: "here" }), "/home/ada/.cache/med-nca");
  assert.equal(folder("darwin", home), "/home/ada/Library/Caches/med-nca");
  assert.equal(folder("windows", { LOCALAPPDATA: "/local" }), "/local/med-nca");
  assert.equal(folder("linux", {}), undefined);
});

/** Runs with an empty folder as the user's cache. */
async function withCache(run: (folder: string) => Promise<void>): Promise<void> {
  const before = Deno.env.get("XDG_CACHE_HOME");
  const folder = await Deno.makeTempDir();
  Deno.env.set("XDG_CACHE_HOME", folder);
  try {
    await run(join(folder, "med-nca"));
  } finally {
    if (before === undefined) Deno.env.delete("XDG_CACHE_HOME");
    else Deno.env.set("XDG_CACHE_HOME", before);
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "cached() makes anew what is missing, damaged or of another source",
  ignore: Deno.build.os === "windows" || Deno.build.os === "darwin",
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

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs Deno. */
async function deno(args: string[], env: Record<string, string> = {}): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args, env, cwd: root });
  const { success, stdout, stderr } = await command.output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name: "compileKernels() keeps kernels for the next start, and does without where it may not",
  ignore: Deno.build.os === "windows" || Deno.build.os === "darwin",
  fn: async () => {
    // Deno's own cache would move with the user's.
    const { denoDir } = JSON.parse(await deno(["info", "--json"]));
    await withCache(async (folder) => {
      const compile = async (...permissions: string[]) => {
        const script = "tests/rollout/support/compile.ts";
        const args = ["run", "--quiet", "--no-prompt", ...permissions, script];
        assert.equal(await deno(args, { DENO_DIR: denoDir }), "forward\n");
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
    });
  },
});
