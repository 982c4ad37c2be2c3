import { join } from "@std/path";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readText } from "../../lib/support/read_text.ts";
import { inFolder } from "./in_folder.ts";

const purpose = { what: "scores", code: "bad-run" } as const;

Deno.test("readText() reads UTF-8, and UTF-16 with a byte order mark, as Windows writes it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "scores.csv");
    await Deno.writeFile(path, Buffer.from("Größe,1\n", "utf8"));
    assert.equal(await readText(path, purpose), "Größe,1\n");
    await Deno.writeFile(path, Buffer.from("\uFEFFGröße,1\n", "utf16le"));
    assert.equal(await readText(path, purpose), "Größe,1\n");
    // Without a mark, or with only half of one, it is no UTF-8
    for (const bytes of [[0xff, 0x41], [0x41, 0xfe], [0xfe, 0xff, 0, 65]]) {
      await Deno.writeFile(path, Uint8Array.from(bytes));
      await assert.rejects(readText(path, purpose), /Cannot read scores: it is not UTF-8 text/);
    }
  }));
