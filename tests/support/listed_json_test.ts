import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import { writeFileAtomic } from "../../lib/support/files.ts";
import { listedJson, readListedJson } from "../../lib/support/listed_json.ts";
import { inFolder } from "./in_folder.ts";

const purpose = { what: "list", code: "bad-run" } as const;
const same = (_: string, item: unknown) => item;

Deno.test("readListedJson() reads what listedJson() wrote, however many items and bytes it has", () =>
  inFolder(async (folder) => {
    const path = join(folder, "list.json");
    // 40,000 lines of about 30 bytes: blocks end within lines and within letters
    const cases = Array.from({ length: 40_000 }, (_, i) => ({ id: `fäll, "${i}" 🧠`, n: [i] }));
    const value = { version: 2, empty: [], "a: [": { b: "]," }, cases, size: [1, 2], end: "," };
    await writeFileAtomic(path, listedJson(value));
    const text = await Deno.readTextFile(path);
    assert.deepEqual(JSON.parse(text), value);
    assert.equal(text.split("\n").length, 40_000 + 11);
    assert.deepEqual(await readListedJson(path, purpose, same), value);

    // Each item is converted, with the fields before its list; items of lists in one line too
    const seen: unknown[] = [];
    await Deno.writeTextFile(
      path,
      '{\n  "version": 1,\n  "a": [\n    {},\n    2\n  ],\n  "b": [{"c":3}]\n}',
    );
    const read = await readListedJson(path, purpose, (list, item, { version }) => {
      seen.push([list, item, version]);
      return "x";
    });
    assert.deepEqual(seen, [["a", {}, 1], ["a", 2, 1], ["b", { c: 3 }, 1]]);
    assert.deepEqual(read, { version: 1, a: ["x", "x"], b: ["x"] });
  }));

Deno.test("readListedJson() refuses what is cut off, of another form or no text", () =>
  inFolder(async (folder) => {
    const path = join(folder, "list.json");
    const whole = '{\n  "a": 1,\n  "b": [\n    {"c":1},\n    {"c":2}\n  ]\n}\n';
    const wrong: [string, RegExp][] = [
      [whole.slice(0, -3), /it ends early/],
      [whole.slice(0, 30), /line 4: .*JSON/],
      [whole + "x", /line 8: it is not one item a line/],
      ['{"a":1}', /line 1: it is not one item a line/],
      ["", /it ends early/],
      [whole.replace('"a": 1', '"a": 1,,'), /line 2: /],
      [whole.replace("\n  ]", ""), /line 6: /],
    ];
    for (const [text, message] of wrong) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(readListedJson(path, purpose, same), (error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, message, text);
        assert.match(error.message, /^Cannot read list: /);
        return error.code === "bad-run";
      });
    }
    await Deno.writeFile(path, Uint8Array.of(0x7b, 0x0a, 0xff));
    await assert.rejects(readListedJson(path, purpose, same), /it is not UTF-8 text/);
    await Deno.writeTextFile(path, "{".repeat(2 ** 26 + 2 ** 17));
    await assert.rejects(readListedJson(path, purpose, same), /it has no short lines/);
  }));
