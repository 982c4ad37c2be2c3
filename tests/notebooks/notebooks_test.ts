import assert from "node:assert/strict";
import { join } from "@std/path";
import { ANSWERS } from "../../lib/notebook/answers.ts";
import { NOTEBOOK_SETTINGS } from "../../lib/notebook/mod.ts";
import { inPool } from "../../lib/support/in_pool.ts";
import { EXPORTER, exportProblems } from "./support/exported.ts";
import {
  type Cell,
  execute,
  NAMES,
  NBCLIENT,
  type Notebook,
  type Output,
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
  "6_growing",
  "7_your_own_data",
];

/** Calls that leave a picture below their cell. */
const DRAWS =
  /\b(sliceFigure|chart|charts|plot(?!Run)\w+|visualizePredictions|animateSettling|notebookProgress)\(/;

/** The code of the folded solutions. */
const solutionsOf = (cells: readonly Cell[]) =>
  cells.filter((cell) => cell.cell_type === "markdown").flatMap(({ source }) =>
    [...textOf(source).matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!)
  );

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

Deno.test("exercises are checked where they can be, and each has its folded solution", async () => {
  const checked: string[] = [];
  for (const name of NAMES) {
    const { cells } = await readNotebook(name);
    const text = cells.filter((cell) => cell.cell_type === "markdown")
      .map((cell) => textOf(cell.source)).join("\n");
    const count = (pattern: RegExp) => [...text.matchAll(pattern)].length;
    const exercises = [...text.matchAll(/^\*\*(\d\.\d)\.\*\* /gm)].map(([, number]) => number!);
    const chapter = name[0]!;
    assert.match(text, /^## Exercises/m, name);
    assert.deepEqual(exercises, exercises.map((_, i) => `${chapter}.${i + 1}`), name);
    assert.ok(exercises.length >= 2, name);
    assert.equal(count(/^<details><summary>Solution/gm), exercises.length, name);
    assert.equal(count(/^<\/details>/gm), count(/^<details>/gm), name);
    const calls = (code: string) =>
      [...code.matchAll(/checkAnswer\("(\d\.\d)"/g)].map(([, number]) => number!);
    const asked = cells.filter((cell) => cell.cell_type === "code")
      .flatMap((cell) => calls(textOf(cell.source)));
    assert.deepEqual(solutionsOf(cells).flatMap(calls), asked, `${name}: solutions of the checked`);
    checked.push(...asked);
  }
  assert.deepEqual(checked, Object.keys(ANSWERS).filter((number) => checked.includes(number)));
  assert.deepEqual(Object.keys(ANSWERS).filter((number) => !checked.includes(number)), []);
});

/** What the tutorial's cells define. */
const TUTORIAL = [
  "NCA2D",
  "normalize",
  "saveSlice",
  "extractSlices",
  "SliceDataset",
  "diceLoss",
  "diceScore",
  "bceLoss",
  "trainMedNca",
  "visualizePredictions",
  "evalMedNca",
];

Deno.test(`code cells use every name of the tutorial: ${TUTORIAL.join(", ")}`, async () => {
  const code = (await Promise.all(NAMES.map(readNotebook))).flatMap(codeOf)
    .map((cell) => cell.code.replace(/\/\/[^\n]*|\/\*[^]*?\*\/|import [^;]*;/g, "")).join("\n");
  for (const name of TUTORIAL) {
    assert.match(code, new RegExp(`\\b${name}(\\.open)?\\(`), name);
  }
});

Deno.test("every chapter says what one learns, how long it takes, and what it is in the tutorial", async () => {
  for (const name of NAMES.filter((name) => name[0]! < "6")) {
    const text = (await readNotebook(name)).cells.slice(0, 5)
      .map((cell) => textOf(cell.source)).join("\n");
    assert.match(text, /\*\*After this chapter\*\* you can/, name);
    assert.match(text, /_\d minutes? to\srun,\s\d+ to\swork/, name);
    assert.match(text, /^\| the tutorial's cell/m, name);
  }
});

Deno.test("chapter 4's settings cell shows NOTEBOOK_SETTINGS, with which chapter 5 finds its run", async () => {
  const { cells } = await readNotebook("4_training_loop");
  const code = cells.map(({ source }) => textOf(source)).find((text) =>
    /^const settings/m.test(text)
  )!;
  const [, body] = /const settings = (\{.*?\n\});/s.exec(code)!;
  const shown = new Function(`return ${body!.replace(/ as \[.*?\]/, "")}`)();
  assert.deepEqual(shown, NOTEBOOK_SETTINGS);
});

Deno.test("the notebooks' code holds up to the type checker", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const files = await Promise.all(NAMES.map(async (name) => {
      const notebook = await readNotebook(name);
      const cells = codeOf(notebook).map(({ id, code }) => `// ${id}\n${code}`);
      const file = join(folder, `${name}.ts`);
      await Deno.writeTextFile(file, [...cells, ...solutionsOf(notebook.cells)].join("\n"));
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

/** How often a chapter compares what its cells compute by hand with lib. */
const COMPARED: Record<string, number> = { "1_nca_architecture": 2, "2_data_preparation": 1 };

/** The largest relative differences that a cell shows. */
const differencesOf = ({ data = {} }: Output) => {
  const text = textOf(data["text/html"] ?? data["text/markdown"]).replaceAll(/<[^>]*>/g, " ");
  const found = text.matchAll(/largest difference\D*?(\d\.\de[+-]\d+)/g);
  return Array.from(found, ([, value]) => Number(value));
};

/** So that chapter 4 trains anew; chapter 5 then finds that run. */
async function removeQuickRuns(): Promise<void> {
  const runs = join(ROOT, "runs");
  await Deno.mkdir(runs, { recursive: true });
  for await (const { name } of Deno.readDir(runs)) {
    if (/^notebook-.*-quick/.test(name)) await Deno.remove(join(runs, name), { recursive: true });
  }
}

/** Chapter 5 goes on with what chapter 4 trained; the others need none before them. */
const TOGETHER = [
  ["4_training_loop", "5_evaluation_and_visualization"],
  ...CHAPTERS.filter((name) => !/^[45]/.test(name)).map((name) => [name]),
];

/** What is wrong with the outputs of an executed notebook. */
function outputProblems(notebook: Notebook): string[] {
  const problems: string[] = [];
  for (const cell of notebook.cells) {
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
    const prints = /^console\.log\(/m.test(textOf(cell.source));
    if (prints && !outputs.some((output) => output.output_type === "stream")) problem("no text");
    if (DRAWS.test(textOf(cell.source)) && pictures === 0) problem("no picture");
    if (cell.id.endsWith("-run") && textOf(cell.source).includes("checkAnswer(")) {
      const verdict = outputs.map(({ data = {} }) => textOf(data["text/markdown"])).join("");
      if (!verdict.includes("**right.** ✓")) problem(`its solution: ${verdict}`);
    }
  }
  return problems;
}

/** The notebooks with their outputs. */
const executed: Notebook[] = [];

Deno.test({
  name:
    "notebooks and their solutions run on the Deno kernel, with every picture (needs Python's " +
    "nbclient)",
  ignore: NBCLIENT === undefined,
  fn: async (test) => {
    await removeQuickRuns();
    await inPool(TOGETHER, 2, async (names) => {
      for (const name of names) executed.push(await execute(name));
    });
    assert.deepEqual(executed.map(({ name }) => name).sort(), CHAPTERS);
    for (const notebook of executed) {
      await test.step(`notebook ${notebook.name}`, () => {
        const differences = notebook.cells.flatMap(({ outputs = [] }) =>
          outputs.flatMap(differencesOf)
        );
        assert.equal(differences.length, COMPARED[notebook.name] ?? 0, `${differences}`);
        assert.ok(differences.every((difference) => difference < 1e-5), `${differences}`);
        assert.deepEqual(outputProblems(notebook), []);
      });
    }
  },
});

Deno.test({
  name: "notebooks as exported pages show every picture whole, with its words (needs Python's " +
    "nbconvert, Chromium)",
  ignore: NBCLIENT === undefined || EXPORTER === undefined,
  fn: async () => assert.deepEqual(await exportProblems(executed), []),
});
