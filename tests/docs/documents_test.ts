import { dirname, join } from "@std/path";
import assert from "node:assert/strict";
import { ERROR_CODES } from "../../lib/support/errors.ts";
import { sources } from "../support/sources.ts";
import { CONFIG_DOCUMENT, configDocument } from "../../docs/write_config.ts";

const root = join(import.meta.dirname!, "../..");
const read = (path: string) => Deno.readTextFile(join(root, path));
const { imports, tasks } = JSON.parse(await read("deno.json")) as {
  imports: Record<string, string>;
  tasks: Record<string, { description: string }>;
};

Deno.test("docs/config.md lists the keys as they are", async () => {
  assert.equal(
    await Deno.readTextFile(CONFIG_DOCUMENT),
    configDocument(),
    "Write it again: deno run --allow-read --allow-write docs/write_config.ts",
  );
});

Deno.test("docs/dependencies.md lists every package of deno.json in its version", async () => {
  const rows = (await read("docs/dependencies.md")).matchAll(/^\| `([^`]+)` \| ([\d.]+) \|/gm);
  const listed = Array.from(rows, ([, name, version]) => `${name}@${version}`);
  const used = Object.values(imports).filter((target) => target.startsWith("npm:"))
    .map((target) => target.replace(/^npm:((?:@[^/]+\/)?[^/]+).*/, "$1"));
  assert.deepEqual(listed.sort(), [...new Set(used)].sort());
});

Deno.test("docs/errors.md lists every code with what it says", async () => {
  const rows = (await read("docs/errors.md")).matchAll(/^\| `([a-z-]+)` \| ([^|]+) \|$/gm);
  assert.deepEqual(Array.from(rows, ([, code, text]) => [code, text]), Object.entries(ERROR_CODES));
});

Deno.test("docs/errors.md lists the codes that errors have, and no others", async () => {
  const listed = (await read("docs/errors.md")).matchAll(/^\| `([a-z-]+)` \|/gm);
  const used = new Set<string>();
  for await (const [path, text] of sources()) {
    if (path === "lib/support/errors.ts") continue; // where they are declared
    for (const [, code] of text.matchAll(/code: "([^"]*)"/g)) used.add(code!);
  }
  assert.deepEqual([...used].sort(), Array.from(listed, ([, code]) => code).sort());
});

Deno.test("docs/tasks.md names every task", async () => {
  const text = await read("docs/tasks.md");
  for (const task of Object.keys(tasks)) {
    assert(text.includes(`| \`${task}\` |`), task);
  }
});

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "data.example/README.md",
  "models/example/README.md",
  "models/hippocampus/README.md",
];
for await (const { name } of Deno.readDir(join(root, "docs"))) {
  if (name.endsWith(".md")) documents.push(`docs/${name}`);
}
for (const document of documents) {
  Deno.test(`what ${document} links to in the repository is there`, async () => {
    const links = (await read(document)).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g);
    for (const [, link, anchor] of links) {
      const target = link === "" ? document : join(dirname(document), link!);
      await Deno.stat(join(root, target)).catch(() => assert.fail(link));
      if (anchor !== undefined) assert(headings(await read(target)).includes(anchor), anchor);
    }
  });
}

/** The anchors of a document's headings, as GitHub makes them. */
function headings(text: string): string[] {
  return Array.from(
    text.matchAll(/^#+ (.+)$/gm),
    ([, title]) => title!.toLowerCase().replace(/[^\p{L}\d -]/gu, "").replaceAll(" ", "-"),
  );
}
