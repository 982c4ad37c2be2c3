import assert from "node:assert/strict";
import { join } from "@std/path";
import { runPython } from "../../tasks/support/python.ts";
import { makeKernelFolder, NBCLIENT, ROOT } from "./support/notebooks.ts";

interface Result {
  status: string;
  outputs: { type: string; text?: string; ename?: string; traceback?: string[] }[];
}

interface Request {
  code: string;
  stop_at?: string;
  input?: string;
  stop_on_error?: boolean;
}

/** Each group is queued at once, as Run All does. */
async function ask(groups: Request[][]): Promise<[...Result[][], boolean]> {
  const jupyter = await makeKernelFolder();
  const script = join(ROOT, "tests", "notebooks", "support", "ask_kernel.py");
  try {
    const args = [script, join(ROOT, "notebooks"), JSON.stringify(groups)];
    return JSON.parse(await runPython(NBCLIENT!, args, { env: { JUPYTER_PATH: jupyter } }));
  } finally {
    await Deno.remove(jupyter, { recursive: true });
  }
}

const says = (text: string): Request => ({ code: `console.log(${JSON.stringify(text)})` });
/** Takes the processor away from the kernel, which then sends text late. */
const LOAD = 'const code = "data:text/javascript,while (true);";\n' +
  'const busy = [1, 2, 3, 4].map(() => new Worker(code, { type: "module" }));';
const dropped: Result = { status: "aborted", outputs: [] };
const said = (text: string): Result => ({
  status: "ok",
  outputs: [{ type: "stream", name: "stdout", text: `${text}\n` } as Result["outputs"][number]],
});

Deno.test({
  name: "kernel_bridge.py shows what Deno's kernel hides, and stops the queue at an error and at " +
    "Stop (needs Python's nbclient)",
  ignore: NBCLIENT === undefined,
  fn: async () => {
    const waits = 'const signal = stopSignal(); console.log("begin");\n' +
      'await new Promise((resolve) => signal.addEventListener("abort", resolve));\n' +
      'console.log("stopped")';
    const [syntax, thrown, goesOn, order, input, start, file, name, stop, after, load, many, gone] =
      await ask([
        [{ code: "let x = 3;\nawait show(chart({ x: [1, 2 });" }, says("next")],
        [{ code: 'throw new TypeError("wrong")' }, says("next")],
        [{ code: 'throw new TypeError("wrong")', stop_on_error: false }, says("next")],
        [says("one"), says("two")],
        [{ code: 'console.log(prompt("Who?"))', input: "Ada" }],
        [{
          code: 'import { startNotebook, stopSignal } from "@med-nca/notebook";\n' +
            'import { readVolume } from "@med-nca/lib";\nawait startNotebook();',
        }],
        [{ code: 'await readVolume("nothing.nii")' }, says("next")],
        [{ code: "console.log(slices)" }],
        [{ code: waits, stop_at: "begin" }, says("next"), says("last")],
        [says("after")],
        [{ code: LOAD }],
        Array.from({ length: 60 }, (_, i) => ({ code: `console.log(${i}); console.log(-1)` })),
      ]) as [...Result[][], boolean] & Result[][];

    assert.deepEqual(syntax!.map(({ status }) => status), ["error", "aborted"]);
    const [error] = syntax![0]!.outputs;
    assert.equal(error!.type, "error");
    assert.equal(error!.ename, "SyntaxError");
    assert.deepEqual(error!.traceback!.slice(0, 4), [
      "SyntaxError: Expected ',', got '}'",
      "  |",
      "2 | await show(chart({ x: [1, 2 });",
      "  |                             ~",
    ]);
    assert.match(error!.traceback!.at(-1)!, /^Nothing in this cell was run\. Look for a missing/);
    assert.deepEqual(syntax![1], dropped);

    assert.equal(thrown![0]!.outputs.length, 1); // Deno's own message, once
    assert.equal(thrown![0]!.outputs[0]!.ename, "TypeError");
    assert.deepEqual(thrown![1], dropped);
    assert.deepEqual(goesOn!.map(({ status }) => status), ["error", "ok"]);
    assert.deepEqual(order, [said("one"), said("two")]);
    assert.match(JSON.stringify(input![0]), /Ada\\n/);
    assert.equal(start![0]!.status, "ok");

    const shown = file![0]!.outputs[0]!.traceback!.join("\n");
    assert.equal(
      shown,
      "InputError: Cannot read volume: no such file: nothing.nii\n\nWhat to do: Check the path, " +
        "which starts at the project's folder.\nCode: bad-nifti (docs/errors.md)",
    );
    assert.deepEqual(file![1], dropped);
    assert.match(name![0]!.outputs[0]!.traceback!.join("\n"), /not defined\n\nWhat to do: Run the/);

    assert.deepEqual(stop!.map(({ status }) => status), ["ok", "aborted", "aborted"]);
    assert.match(JSON.stringify(stop![0]), /begin\\n.*stopped\\n/);
    assert.deepEqual(after, [said("after")]);
    assert.equal(load![0]!.status, "ok");
    const texts = many!.map(({ outputs }) => outputs.map(({ text }) => text).join(""));
    assert.deepEqual(texts, Array.from({ length: 60 }, (_, i) => `${i}\n-1\n`));
    if (Deno.build.os === "linux") assert.equal(gone, true);
  },
});
