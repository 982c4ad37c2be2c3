import assert from "node:assert/strict";
import { csvLine, parseCsv } from "../../lib/support/csv.ts";

Deno.test("csvLine quotes what must be quoted, and leaves empty what is undefined", () => {
  assert.equal(
    csvLine(["a", 1.5, 0, NaN, Infinity, null, undefined, true]),
    "a,1.5,0,,,,,true\n",
  );
  assert.equal(
    csvLine(['say "x"', "a,b", "line\nbreak", ""]),
    '"say ""x""","a,b","line\nbreak",\n',
  );
});

Deno.test("parseCsv reads back what csvLine wrote, and what spreadsheets write", () => {
  const rows = [["a", 'b, "c"', ""], ["1", "line\nbreak", "3"], ["", "", "x"]];
  assert.deepEqual(parseCsv(rows.map(csvLine).join("")), rows);
  assert.deepEqual(parseCsv("\uFEFFa,b\r\n1,2\r\n\r\n3,"), [["a", "b"], ["1", "2"], ["3", ""]]);
  assert.deepEqual(parseCsv("a"), [["a"]]);
  assert.deepEqual(parseCsv(""), []);
  for (const broken of ['a,"b', 'x\n"a"b,c', 'a"b']) {
    assert.throws(() => parseCsv(broken), {
      name: "SyntaxError",
      message: /line [12] has a quote/,
    });
  }
  assert.throws(() => parseCsv('x\ny,"a"b'), /line 2/);
});
