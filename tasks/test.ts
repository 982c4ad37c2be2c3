/**
 * `deno task test`: every test of the project and every example in its documentation.
 *
 * @module
 */

const HELP = `Usage: deno task test [options] [paths]

Run the tests in tests/ and the examples in the documentation of lib/, or those of some paths

Options:
  --filter <text>  run only tests whose name holds the text
  --fail-fast      stop at the first failure
  --help           show this help

Other options are passed to deno test.`;

const args = Deno.args;
if (args.includes("--help")) {
  console.log(HELP);
  Deno.exit(0);
}

const report = await Deno.makeTempFile({ suffix: ".xml" });
let code: number;
let tests: { name: string; state: "passed" | "failed" | "skipped" }[];
try {
  const paths = args.some(exists) ? [] : ["tests/", "lib/"];
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--doc",
      "--no-check",
      "--allow-all",
      "--permit-no-files",
      `--junit-path=${report}`,
    ]
      .concat(paths, args),
  });
  ({ code } = await command.spawn().status);
  tests = readReport(await Deno.readTextFile(report));
} finally {
  await Deno.remove(report);
}

const skipped = tests.filter(({ state }) => state === "skipped");
if (skipped.length > 0) {
  console.log(`${skipped.length} skipped on this machine:`);
  for (const { name } of skipped) console.log(`  ${name}`);
}
const count = (state: string) => tests.filter((test) => test.state === state).length;
// A file that cannot be loaded stops deno before any test runs: that is a failure too.
const failed = count("failed") || (code === 0 ? 0 : 1);
console.log(`${count("passed")} passed, ${failed} failed, ${count("skipped")} skipped`);
Deno.exit(failed > 0 ? code || 1 : 0);

/** The test cases of a JUnit report, as deno writes it. */
function readReport(xml: string): typeof tests {
  const cases = xml.matchAll(/<testcase name="([^"]*)"[^>]*>([^]*?)<\/testcase>/g);
  return Array.from(cases, ([, name, body]) => ({
    name: unescape(name!),
    state: body!.includes("<failure")
      ? "failed"
      : body!.includes("<skipped")
      ? "skipped"
      : "passed",
  }));
}

function unescape(text: string): string {
  const characters: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(\w+);/g, (entity, name) => characters[name] ?? entity);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path.split("#")[0]!);
    return true;
  } catch {
    return false;
  }
}
