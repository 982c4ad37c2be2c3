import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  execute,
  NAMES,
  NBCLIENT,
  type Notebook,
  readNotebook,
  ROOT,
  textOf,
} from "./support/notebooks.ts";
import { isPicture, pictureProblem } from "./support/pictures.ts";

const CHAPTERS = [
  "0_start_here",
  "1_nca_architecture",
  "2_data_preparation",
  "3_loss_functions",
  "4_training_loop",
  "5_evaluation_and_visualization",
];

/** Calls that leave a picture below their cell. */
const DRAWS =
  /\b(sliceFigure|chart|charts|plot\w+|visualizePredictions|animateSettling|notebookProgress)\(/;

const codeOf = (notebook: Notebook) =>
  notebook.cells.filter((cell) => cell.cell_type === "code").map((cell) => ({
    id: cell.id,
    code: textOf(cell.source),
  }));

Deno.test("there is a notebook for every chapter, and links between them lead somewhere", async () => {
  assert.deepEqual(NAMES, CHAPTERS);
  for (const name of NAMES) {
    const { cells } = await readNotebook(name);
    const links = cells.flatMap((
      { source },
    ) => [...textOf(source).matchAll(/\]\((\w+)\.ipynb\)/g)]);
    for (const [, target] of links) assert.ok(NAMES.includes(target!), `${name}: ${target}`);
  }
});

Deno.test("notebooks are kept without outputs, for the Deno kernel, in short cells", async () => {
  for (const name of NAMES) {
    const { cells, metadata } = await readNotebook(name);
    assert.equal(metadata.kernelspec?.name, "deno", name);
    for (const cell of cells) {
      const where = `${name}, cell ${cell.id}`;
      if (cell.cell_type === "markdown") continue;
      assert.deepEqual([cell.outputs, cell.execution_count], [[], null], `${where} has outputs`);
      assert.ok(cell.source.length <= 25, `${where} has ${cell.source.length} lines`);
    }
  }
});

Deno.test("notebooks end with exercises and their folded solutions", async () => {
  for (const name of NAMES) {
    const text = textOf((await readNotebook(name)).cells.at(-1)?.source);
    const count = (pattern: RegExp) => [...text.matchAll(pattern)].length;
    assert.match(text, /^## Exercises/, name);
    assert.ok(count(/^\*\*\d\.\*\*/gm) >= 2, name);
    assert.equal(count(/^<details><summary>Solution/gm), count(/^\*\*\d\.\*\*/gm), name);
    assert.equal(count(/^<\/details>/gm), count(/^<details>/gm), name);
  }
});

Deno.test("the notebooks' code holds up to the type checker", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const files = await Promise.all(NAMES.map(async (name) => {
      const cells = codeOf(await readNotebook(name));
      const file = join(folder, `${name}.ts`);
      await Deno.writeTextFile(file, cells.map(({ id, code }) => `// ${id}\n${code}`).join("\n"));
      return file;
    }));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--config", join(ROOT, "deno.json"), ...files],
      env: { NO_COLOR: "1" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (const name of NAMES) {
  Deno.test({
    name: `notebook ${name} runs on the Deno kernel, with every picture (needs Python's nbclient)`,
    ignore: NBCLIENT === undefined,
    fn: async () => {
      await Deno.remove(join(ROOT, "runs", "notebook-data.example-quick"), { recursive: true })
        .catch(() => {});
      const problems: string[] = [];
      for (const cell of (await execute(name)).cells) {
        if (cell.cell_type === "markdown") continue;
        const problem = (what: string) => problems.push(`cell ${cell.id}: ${what}`);
        const outputs = cell.outputs ?? [];
        const { length: pictures } = outputs.filter(isPicture);
        for (const output of outputs) {
          if (output.output_type === "error") problem((output.traceback ?? []).join("\n"));
          const flaw = pictureProblem(output);
          if (flaw !== undefined) problem(flaw);
        }
        const wanted = textOf(cell.source).match(/await show\(/g)?.length ?? 0;
        const shown = outputs.filter(({ output_type }) => output_type === "display_data").length;
        if (shown < wanted) problem(`${shown} of ${wanted} outputs`);
        if (DRAWS.test(textOf(cell.source)) && pictures === 0) problem("no picture");
      }
      assert.deepEqual(problems, []);
    },
  });
}
