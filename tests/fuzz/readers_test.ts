import assert from "node:assert/strict";
import { fuzzReader, inputsOf, shareOut } from "../../tasks/fuzz/fuzz_reader.ts";
import { makeReaders } from "../../tasks/fuzz/readers.ts";
import { InputError } from "../../lib/support/errors.ts";

/** `deno task fuzz` tries more, with a watch on time and memory. */
const INPUTS = 2000;
const SEED = 7;

Deno.test("2,000 hostile files are read or refused, and nothing else happens", async (t) => {
  const folder = await Deno.makeTempDir();
  try {
    const readers = await makeReaders(folder);
    const shares = shareOut(readers, INPUTS);
    for (const reader of readers) {
      await t.step(reader.name, async () => {
        const inputs = shares.get(reader.name)!;
        const { crashes, read, refused } = await fuzzReader(reader, { inputs, seed: SEED, folder });
        assert.deepEqual(crashes.slice(0, 3), []);
        assert.equal(read + refused, inputs);
        assert.ok(read > 0 && refused > 0, "the inputs are all good or all bad: they try little");
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an error that is no InputError is a crash, and its input can be made again", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const npy = (await makeReaders(folder)).find(({ name }) => name === "npy")!;
    const options = { inputs: 60, seed: SEED, folder };
    const given: Uint8Array[] = [];
    const { crashes, refused } = await fuzzReader({
      ...npy,
      read: async (folder) => {
        given.push(await Deno.readFile(`${folder}/${npy.file}`));
        if (given.length === 55) throw new TypeError("no");
        throw new InputError("Cannot", { code: "bad-slice" });
      },
    }, options);
    assert.deepEqual([crashes.length, crashes[0]?.index, refused], [1, 54, 59]);
    assert.deepEqual([...inputsOf(npy, SEED, 60)][54], given[54]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the fuzz task gives a reader its inputs in a thread, and tells what came of them", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "fuzz", "--inputs", "20", "--reader", "patients"],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, error);
  assert.match(out!, /\npatients +20 +\d+ +\d+ +0 +0 /);
});
