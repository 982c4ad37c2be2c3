import assert from "node:assert/strict";
import { join } from "@std/path";
import { EventLog, type EventPosition } from "../../lib/training/event_log.ts";
import { findPython, runPython } from "../../tasks/support/python.ts";
import { inFolder } from "../support/in_folder.ts";
import { readEvents } from "./support/read_events.ts";

const SILENT = () => undefined;

Deno.test("an event file is byte for byte what the formats say", async () => {
  await inFolder(async (folder) => {
    const log = await EventLog.open(folder, null, SILENT);
    log.scalars(300, { "Loss/batch": 0.5 });
    const { file, length } = (await log.flush())!;
    log.close();
    const bytes = await Deno.readFile(join(folder, file));
    assert.equal(bytes.length, length);
    // The version event: 24 bytes, framed by its length, two checksums. The first checksum does
    // not depend on the time; its value is what TensorFlow writes for a 24-byte record.
    assert.deepEqual([...bytes.slice(0, 12)], [24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22]);
    assert.equal(new TextDecoder().decode(bytes.slice(23, 36)), "brain.Event:2");
    const event = bytes.slice(24 + 16 + 12, -4);
    const view = new DataView(bytes.buffer);
    for (const at of [13, 24 + 16 + 12 + 1]) { // both are of now, in seconds
      assert.ok(Math.abs(view.getFloat64(at, true) - Date.now() / 1000) < 3600);
    }
    assert.deepEqual([...event.slice(9)], [
      ...[0x10, 0xac, 0x02], // step 300
      ...[0x2a, 19, 0x0a, 17], // summary, its one value
      ...[0x0a, 10, ...new TextEncoder().encode("Loss/batch")],
      ...[0x15, 0, 0, 0, 0x3f], // 0.5
    ]);
  });
});

Deno.test("a resumed log drops what came after the checkpoint", async () => {
  await inFolder(async (folder) => {
    const first = await EventLog.open(folder, null, SILENT);
    first.scalars(1, { a: 1 });
    const checkpoint = await first.flush();
    first.scalars(2, { a: 2 });
    await first.flush();
    first.close();

    const second = await EventLog.open(folder, checkpoint, SILENT); // crashes before a checkpoint
    second.scalars(2, { a: 20 });
    await second.flush();
    second.close();

    const third = await EventLog.open(folder, checkpoint, SILENT);
    third.scalars(2, { a: 200, b: -1 });
    await third.flush();
    third.close();

    assert.deepEqual(await readEvents(folder), [
      { step: 1, values: { a: 1 } },
      { step: 2, values: { a: 200, b: -1 } },
    ]);
  });
});

/** Logs one value and closes the log; the name of its file. */
async function logOne(folder: string, position: EventPosition | null): Promise<string> {
  const log = await EventLog.open(folder, position, SILENT);
  log.scalars(1, { a: 1 });
  const { file } = (await log.flush())!;
  log.close();
  return file;
}

const namesIn = async (folder: string) =>
  (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();

Deno.test("EventLog starts a file behind the newest one, whatever its name says of the time", async () => {
  await inFolder(async (folder) => {
    const at = (name: string) => ({ file: name, length: 0 });
    for (
      const [newest, next] of [
        ["9000000000.000", "9000000000.001"],
        ["9000000000.999", "9000000001.000"],
      ]
    ) {
      const name = `events.out.tfevents.${newest}`;
      await Deno.writeTextFile(join(folder, name), "");
      assert.equal(await logOne(folder, at(name)), `events.out.tfevents.${next}`);
    }
    const last = "events.out.tfevents.9999999999.999";
    await Deno.writeTextFile(join(folder, last), "");
    await assert.rejects(
      logOne(folder, at(last)),
      /the last possible name: .*9999999999\.999/,
    );
  });
});

Deno.test("EventLog writes no file where nothing is logged", async () => {
  await inFolder(async (folder) => {
    const position = { file: await logOne(folder, null), length: 10 };
    for (const before of [position, null]) {
      const log = await EventLog.open(folder, before, SILENT);
      assert.deepEqual(await log.flush(), before);
      log.close();
      assert.deepEqual(await namesIn(folder), before === null ? [] : [position.file]);
    }
  });
});

Deno.test("EventLog cuts off only its own files, and never makes one longer", async () => {
  await inFolder(async (folder) => {
    const others = ["events.out.tfevents.9000000000.host.1.0", "events.out.tfevents.z", "notes"];
    for (const name of others) await Deno.writeTextFile(join(folder, name), "theirs");
    const file = await logOne(folder, null);
    const { size } = await Deno.stat(join(folder, file));
    (await EventLog.open(folder, { file, length: 2 ** 50 }, SILENT)).close();
    assert.equal((await Deno.stat(join(folder, file))).size, size);
    (await EventLog.open(folder, { file, length: size - 3 }, SILENT)).close();
    assert.equal((await Deno.stat(join(folder, file))).size, size - 3);
    (await EventLog.open(folder, null, SILENT)).close();
    assert.deepEqual(await namesIn(folder), others);
  });
});

Deno.test("EventLog describes a tag where a file first has it", async () => {
  await inFolder(async (folder) => {
    const log = await EventLog.open(folder, null, (tag) => tag === "b" ? "é" : undefined);
    for (const step of [1, 2]) log.scalars(step, { a: 0, b: 0 });
    const { file } = (await log.flush())!;
    log.close();
    const bytes = await Deno.readFile(join(folder, file));
    // Value { tag: "b", simple_value: 0, metadata: SummaryMetadata { summary_description: "é" } }
    const value = [0x0a, 1, 0x62, 0x15, 0, 0, 0, 0];
    const described = [0x0a, 14, ...value, 0x4a, 4, 0x1a, 2, 0xc3, 0xa9].join();
    const plain = [0x0a, 8, ...value].join();
    const text = bytes.join();
    assert.deepEqual([text.split(described).length, text.split(plain).length], [2, 2]);
    // TensorBoard reads the numbers as before
    assert.deepEqual((await readEvents(folder)).map(({ values }) => values), [
      { a: 0, b: 0 },
      { a: 0, b: 0 },
    ]);
  });
});

const READ = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
tags = events.Tags()["scalars"]
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags}))
print(json.dumps({tag: events.SummaryMetadata(tag).summary_description for tag in tags}))
`;

const tensorboard = await findPython(
  "import tensorboard.backend.event_processing.event_accumulator",
);

Deno.test({
  name: "TensorBoard reads the scalars (needs python3 with tensorboard)",
  ignore: tensorboard === undefined,
  fn: async () => {
    await inFolder(async (folder) => {
      const log = await EventLog.open(folder, null, (tag) => `What ${tag} is`);
      for (let step = 1; step <= 3; step++) {
        log.scalars(step, { "Loss/batch": 1 / step, "LearningRate": 1e-4 });
      }
      log.scalars(2 ** 31, { "Val/VolumeDice": 0.875 });
      const position = await log.flush();
      log.close();
      const next = await EventLog.open(folder, position, SILENT);
      next.scalars(4, { "Loss/batch": 0.25 });
      await next.flush();
      next.close();
      const [scalars, descriptions] = (await runPython(tensorboard!, ["-c", READ, folder])).trim()
        .split("\n");
      assert.deepEqual(JSON.parse(descriptions!), {
        "Loss/batch": "What Loss/batch is",
        "LearningRate": "What LearningRate is",
        "Val/VolumeDice": "What Val/VolumeDice is",
      });
      assert.deepEqual(JSON.parse(scalars!), {
        "Loss/batch": [[1, 1], [2, 0.5], [3, Math.fround(1 / 3)], [4, 0.25]],
        "LearningRate": [1, 2, 3].map((step) => [step, Math.fround(1e-4)]),
        "Val/VolumeDice": [[2 ** 31, 0.875]],
      });
    });
  },
});
