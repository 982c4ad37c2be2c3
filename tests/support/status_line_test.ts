import assert from "node:assert/strict";
import { progressBar, StatusLine } from "../../lib/support/status_line.ts";

/** What a use of the line writes, in a terminal of 30 columns or where there is none. */
function written(isTerminal: boolean, use: () => void): string[] {
  const { stderr, consoleSize } = Deno;
  const [isTerminalOf, writeSync, printed] = [stderr.isTerminal, stderr.writeSync, console.error];
  const texts: string[] = [];
  try {
    stderr.isTerminal = () => isTerminal;
    stderr.writeSync = (bytes) => {
      texts.push(new TextDecoder().decode(bytes));
      return bytes.length;
    };
    Deno.consoleSize = () => ({ columns: 30, rows: 10 });
    console.error = (text) => texts.push(`${text}\n`);
    use();
  } finally {
    Object.assign(stderr, { isTerminal: isTerminalOf, writeSync });
    Object.assign(Deno, { consoleSize });
    console.error = printed;
  }
  return texts;
}

Deno.test("StatusLine replaces one line of a terminal, cut to its width", () => {
  const texts = written(true, () => {
    using line = new StatusLine();
    line.show("a".repeat(50));
    line.show("too soon to be drawn");
    line.print("stays");
  });
  assert.deepEqual(texts, [`\r${"a".repeat(29)}\x1b[K`, "\r\x1b[K", "stays\n"]);
  // Nothing is cleared where nothing is shown
  assert.deepEqual(written(true, () => new StatusLine().clear()), []);
});

Deno.test("StatusLine prints plain lines where there is no terminal, the first if asked at once", () => {
  const show = (options: ConstructorParameters<typeof StatusLine>[0]) =>
    written(false, () => {
      using line = new StatusLine(options);
      for (const text of ["first", "second"]) line.show(text);
    });
  assert.deepEqual(show({}), []);
  assert.deepEqual(show({ atOnce: true }), ["first\n"]);
  assert.deepEqual(show({ seconds: 0 }), ["first\n", "second\n"]);
});

Deno.test("StatusLine counts with a bar, and goes away at the end", () => {
  const texts = written(true, () => {
    const line = new StatusLine();
    line.count(0, 4, "c");
    line.count(4, 4, "c");
  });
  assert.deepEqual(texts, [`\r${"─".repeat(24)} 0/4 \x1b[K`, "\r\x1b[K"]);
});

Deno.test("progressBar() is full at the end, and not before", () => {
  const full = (done: number) => progressBar(done, 48).replaceAll("─", "").length;
  assert.deepEqual([0, 1, 2, 47, 48, 60].map(full), [0, 0, 1, 23, 24, 24]);
  assert.equal(progressBar(5, 48).length, 24);
});
