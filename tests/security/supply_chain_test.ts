import assert from "node:assert/strict";
import { join } from "@std/path";
import manifest from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url).pathname;
const read = (path: string) => Deno.readTextFile(join(ROOT, path));
const packages = [
  ...new Set(
    Object.values(manifest.imports)
      .filter((target) => !target.startsWith("./") && !target.startsWith("node:")),
  ),
];

/** `npm:@a/b@1.2.3/c` in its parts. */
function parts(target: string) {
  const [, name, version] = /^npm:((?:@[^/@]+\/)?[^/@]+)@([^/]+)/.exec(target) ?? [];
  assert.ok(name !== undefined && version !== undefined, target);
  return { name, version };
}

Deno.test("every dependency comes from npm in one exact version, with a hash in the lock", async () => {
  const lock = JSON.parse(await read("deno.lock")) as {
    npm: Record<string, { integrity: string }>;
  };
  for (const target of packages) {
    const { name, version } = parts(target);
    assert.match(version, /^\d+\.\d+\.\d+$/, target);
    // Behind the version stand those of its peers
    const locked = Object.keys(lock.npm).some((key) => key.split("_")[0] === `${name}@${version}`);
    assert.ok(locked, `${name} is not locked`);
  }
  for (const [name, { integrity }] of Object.entries(lock.npm)) {
    assert.match(integrity, /^sha512-/, name);
  }
});

Deno.test("CI takes what is locked and nothing else", async () => {
  const script = await read(".ci/run");
  assert.match(script, /deno install --frozen/);
  assert.match(script, /deno check --doc --quiet --frozen/);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--frozen"],
    cwd: ROOT,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
});

Deno.test("no install script runs but that of setup:gpu, in its own folder", async () => {
  assert.ok(!("allowScripts" in manifest));
  assert.equal(manifest.nodeModulesDir, "none"); // Deno runs scripts only in a node_modules
  for (const { command } of Object.values(manifest.tasks)) assert.doesNotMatch(command, /scripts/);
  assert.doesNotMatch(await read(".ci/run"), /allow-scripts/);
  const users: string[] = [];
  for (const folder of ["tasks", "tasks/support", "lib", "docs"]) {
    for await (const { name, isFile } of Deno.readDir(join(ROOT, folder))) {
      if (!isFile || !name.endsWith(".ts")) continue;
      if ((await read(`${folder}/${name}`)).includes("--allow-scripts")) users.push(name);
    }
  }
  assert.deepEqual(users, ["setup_gpu.ts"]);
});

/** A package's own description, from Deno's cache, which has a folder for each registry. */
async function describe({ name, version }: { name: string; version: string }) {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string };
  for await (const { name: registry } of Deno.readDir(npmCache)) {
    const path = join(npmCache, registry, name, version, "package.json");
    const text = await Deno.readTextFile(path).catch(() => undefined);
    if (text !== undefined) return JSON.parse(text) as { license: string };
  }
  return assert.fail(`${name} is not in Deno's cache: run deno install`);
}

Deno.test("docs/dependencies.md gives each package's own licence, and a reason", async () => {
  const rows = new Map(
    Array.from(
      (await read("docs/dependencies.md")).matchAll(
        /^\| `([^`]+)` \| \S+ \| ([^|]+) \| ([^|]+) \|/gm,
      ),
      ([, name, licence, why]) => [name!, { licence: licence!, why: why! }],
    ),
  );
  assert.equal(rows.size, packages.length);
  for (const target of packages) {
    const { name } = parts(target);
    const { license } = await describe(parts(target));
    const row = rows.get(name);
    assert.ok(row !== undefined && row.why.trim().length > 3, `${name} has no reason`);
    assert.equal(row.licence, OTHER_NAMES[license] ?? license.replaceAll(/[()]/g, ""), name);
  }
});

/** What stands in the files that a package names in place of a licence. */
const OTHER_NAMES: Record<string, string> = {
  "SEE LICENSE IN README.md AND LICENSE": "Bitstream Vera, public domain", // of dejavu-fonts-ttf
};
