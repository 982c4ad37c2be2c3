import { dirname, join, normalize } from "@std/path";
import assert from "node:assert/strict";
import { sources } from "./support/sources.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** What each file of lib and tasks imports: paths from the root for files, else specifiers. */
const imports = new Map<string, string[]>();
for await (const [path, text] of sources()) imports.set(path, importsOf(path, text));

/** The imports of a file, types too; those in examples of its documentation do not count. */
function importsOf(path: string, text: string): string[] {
  const code = text.replaceAll(/^\s*(\/\*\*|\*|\/\/).*$/gm, "");
  const found = code.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g);
  return Array.from(
    found,
    ([, to]) => to!.startsWith(".") ? normalize(join(dirname(path), to!)) : to!,
  );
}

/** The place of each layer in the order that CONTRIBUTING.md gives. */
const rank = new Map<string, number>();
const section = /^## Layers$([^]*?)^## /m.exec(await Deno.readTextFile(`${ROOT}CONTRIBUTING.md`))!;
const order = section[1]!.split("\n\n").find((paragraph) => paragraph.includes("→"))!;
for (const [place, layers] of order.split("→").entries()) {
  for (const [, layer] of layers.matchAll(/`(\w+)`/g)) rank.set(layer!, place);
}

/** `lib/volume/affine.ts` is of the layer volume, `lib/backend.ts` of backend. */
function layerOf(path: string): string {
  const [first, second] = path.split("/");
  if (first !== "lib") return first!;
  const layer = second!.replace(".ts", "");
  return layer === "tensorflow_backend" ? "backend" : layer;
}

/** All imports as pairs, for which something holds that must not. */
function wrong(isWrong: (from: string, to: string) => boolean): string[] {
  return [...imports].flatMap(([from, all]) =>
    all.filter((to) => isWrong(from, to)).map((to) => `${from} imports ${to}`)
  );
}

const isOurs = (to: string) => /^(lib|tasks)\//.test(to);

Deno.test("no module imports from a layer above its own", () => {
  assert.ok(imports.size > 200 && [...imports.values()].flat().length > 1000);
  for (const path of imports.keys()) assert.ok(rank.has(layerOf(path)), `${path} has no layer`);
  const upward = wrong((from, to) =>
    isOurs(to) && (rank.get(layerOf(to)) ?? Infinity) > rank.get(layerOf(from))!
  );
  assert.deepEqual(upward, []);
});

Deno.test("no files import each other in a circle", () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]) => {
    if (above.includes(path)) {
      circles.push([...above.slice(above.indexOf(path)), path].join(" → "));
      return;
    }
    if (done.has(path)) return;
    for (const to of imports.get(path) ?? []) visit(to, [...above, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  assert.deepEqual(circles, []);
});

Deno.test("what prepares slices does not load tfjs", () => {
  const light = ["support", "volume", "slices"];
  const heavy = wrong((from, to) =>
    light.includes(layerOf(from)) && (to.includes("tensorflow") || to.startsWith("npm:"))
  );
  assert.deepEqual(heavy, []);
});

Deno.test("tasks and lib import nothing from tests, and lib nothing from tasks", () => {
  const foreign = wrong((from, to) =>
    /^(tests|docs)\//.test(to) || (from.startsWith("lib/") && to.startsWith("tasks/"))
  );
  assert.deepEqual(foreign, []);
});

Deno.test("no file of lib or tasks has more than 300 lines", async () => {
  const long: string[] = [];
  for (const file of imports.keys()) {
    const lines = (await Deno.readTextFile(join(ROOT, file))).split("\n").length - 1;
    if (lines > 300) long.push(`${file}: ${lines}`);
  }
  assert.deepEqual(long, []);
});

Deno.test("no two places of lib and tasks share 12 lines", async () => {
  const places = new Map<string, string>();
  const shared: string[] = [];
  for await (const [path, text] of sources()) {
    const lines = text.split("\n").map((line, i) => ({ code: line.trim(), at: `${path}:${i + 1}` }))
      .filter(({ code }) => code !== "" && !/^(import\b|\/\/|\/?\*)/.test(code));
    for (let i = 0; i + 12 <= lines.length; i++) {
      const code = lines.slice(i, i + 12).map(({ code }) => code).join("\n");
      const other = places.get(code);
      if (other !== undefined) shared.push(`${lines[i]!.at} and ${other}`);
      else places.set(code, lines[i]!.at);
    }
  }
  assert.deepEqual(shared, []);
});
