import assert from "node:assert/strict";
import * as lib from "@med-nca/lib";

const TUTORIAL = [
  "normalize",
  "saveSlice",
  "extractSlices",
  "SliceDataset",
  "NCA2D",
  "MedNca",
  "diceLoss",
  "diceScore",
  "bceLoss",
  "trainMedNca",
  "evalMedNca",
  "visualizePredictions",
] as const;

const ROOT = new URL("../", import.meta.url).pathname;

Deno.test("the tutorial's names are all in one import", () => {
  for (const name of TUTORIAL) assert.equal(typeof lib[name], "function", name);
});

Deno.test("lib/mod.ts lists what it exports by name", async () => {
  assert.doesNotMatch(await Deno.readTextFile(`${ROOT}lib/mod.ts`), /export \*/);
});

/** What `deno doc` says of the exported symbols. */
interface Documentation {
  nodes: Record<
    string,
    { symbols: { name: string; declarations: { jsDoc?: { doc?: string } }[] }[] }
  >;
}

Deno.test("each symbol that the package exports says what it is", async () => {
  const documentation: Documentation = JSON.parse(
    await deno("doc", "--json", "lib/mod.ts", "lib/notebook/mod.ts"),
  );
  const symbols = Object.values(documentation.nodes).flatMap((module) => module.symbols);
  assert.ok(symbols.length > 200);
  const silent = symbols.filter(({ declarations }) =>
    !declarations.some(({ jsDoc }) => (jsDoc?.doc ?? "").length > 10)
  );
  assert.deepEqual(silent.map(({ name }) => name), []);
});

Deno.test("the types that exported symbols use are exported too", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", "lib/mod.ts"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const complaints = new TextDecoder().decode(stderr).matchAll(
    /\[private-type-ref\]: (public type '.*' references private type '(\w+)')/g,
  );
  // Those of tfjs and valibot are not ours to export, and our schemas are behind a type of their own.
  const theirs = /^(Tensor(\dD)?|Scalar|Variable|InferOutput|\w+Schema)$/;
  const hidden = Array.from(complaints).filter(([, , type]) => !theirs.test(type!));
  assert.deepEqual(hidden.map(([, text]) => text), []);
});

Deno.test("the package can be published with every file that it needs", async () => {
  const { version, exports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const [, heading] = /^## (.*)$/m.exec(await Deno.readTextFile(`${ROOT}CHANGELOG.md`))!;
  assert.ok(heading!.startsWith(version), "CHANGELOG.md begins with this version");
  const listing = await deno("publish", "--dry-run", "--allow-dirty", "--allow-slow-types");
  assert.match(listing, /Dry run complete/);
  const published = new Set(listing.match(/file:\/\/\S+/g));
  assert.deepEqual(Object.values(exports), ["./lib/mod.ts", "./lib/notebook/mod.ts"]);
  for (const path of Object.values<string>(exports)) {
    const { modules }: { modules: { specifier: string }[] } = JSON.parse(
      await deno("info", "--json", path),
    );
    const ours = modules.map(({ specifier }) => specifier).filter((url) => url.startsWith("file:"));
    assert.ok(ours.length > 100);
    assert.deepEqual(ours.filter((url) => !published.has(url)), []);
  }
});

/** What Deno prints, on whichever stream. */
async function deno(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.ok(success, error);
  return args.includes("--json") ? out! : error!;
}
