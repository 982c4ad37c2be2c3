import assert from "node:assert/strict";
import { join } from "@std/path";

async function runTests(files: Record<string, string>) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "test", folder],
      cwd: new URL("../../", import.meta.url),
      env: { NO_COLOR: "1" },
    }).output();
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    return { code, lines };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the test task counts tests and examples, and names what it skips", async () => {
  const { code, lines } = await runTests({
    "a_test.ts": `
      Deno.test("one", () => {});
      Deno.test({ name: 'needs <a GPU> & "more"', ignore: true, fn() {} });`,
    "lib.ts":
      `/**\n * Text\n * \`\`\`ts\n * const x: number = 1;\n * \`\`\`\n */\nexport const y = 1;`,
  });
  assert.equal(code, 0);
  assert.deepEqual(lines.slice(-3), [
    "1 skipped on this machine:",
    '  needs <a GPU> & "more"',
    "2 passed, 0 failed, 1 skipped",
  ]);
});

Deno.test("the test task fails where a test fails or cannot be loaded", async () => {
  const failing = await runTests({
    "a_test.ts": `Deno.test("bad", () => { throw new Error("no"); });`,
  });
  assert.deepEqual([failing.code, failing.lines.at(-1)], [1, "0 passed, 1 failed, 0 skipped"]);
  const broken = await runTests({ "a_test.ts": `import "./missing.ts";` });
  assert.deepEqual([broken.code, broken.lines.at(-1)], [1, "0 passed, 1 failed, 0 skipped"]);
});
