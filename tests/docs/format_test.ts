import { join } from "@std/path";
import assert from "node:assert/strict";

const root = join(import.meta.dirname!, "../..");

// Deno 2.9's `deno fmt --check` refuses every notebook that it has not formatted itself on the same
// machine, even where formatting changes nothing; so deno.json leaves them out, and this looks.
Deno.test("the notebooks are formatted", async () => {
  const unformatted: string[] = [];
  for await (const { name } of Deno.readDir(join(root, "notebooks"))) {
    if (!name.endsWith(".ipynb")) continue;
    const source = await Deno.readTextFile(join(root, "notebooks", name));
    if (await format(source) !== source) unformatted.push(name);
  }
  assert.deepEqual(unformatted, [], "deno fmt --ext ipynb - < NOTEBOOK prints the formatted one");
});

async function format(source: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "ipynb", "-"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { success, stdout } = await process.output();
  assert.ok(success);
  return new TextDecoder().decode(stdout);
}
