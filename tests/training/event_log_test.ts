import assert from "node:assert/strict";
import { join } from "@std/path";
import { EventLog } from "../../lib/training/event_log.ts";
import { readEvents } from "./support/read_events.ts";

Deno.test("an event file is byte for byte what the formats say", async () => {
  await inFolder(async (folder) => {
    const log = await EventLog.open(folder);
    log.scalars(300, { "Loss/batch": 0.5 });
    const { file, length } = await log.flush();
    log.close();
    const bytes = await Deno.readFile(join(folder, file));
    assert.equal(bytes.length, length);
    // The version event: 24 bytes, framed by its length, two checksums. The first checksum does
    // not depend on the time; its value is what TensorFlow writes for a 24-byte record.
    assert.deepEqual([...bytes.slice(0, 12)], [24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22]);
    assert.equal(new TextDecoder().decode(bytes.slice(23, 36)), "brain.Event:2");
    const event = bytes.slice(24 + 16 + 12, -4);
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
    const first = await EventLog.open(folder);
    first.scalars(1, { a: 1 });
    const checkpoint = await first.flush();
    first.scalars(2, { a: 2 });
    await first.flush();
    first.close();

    const second = await EventLog.open(folder, checkpoint); // crashes before a checkpoint
    second.scalars(2, { a: 20 });
    await second.flush();
    second.close();

    const third = await EventLog.open(folder, checkpoint);
    third.scalars(2, { a: 200, b: -1 });
    await third.flush();
    third.close();

    assert.deepEqual(await readEvents(folder), [
      { step: 1, values: { a: 1 } },
      { step: 2, values: { a: 200, b: -1 } },
    ]);
  });
});

const READ = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)]
                  for tag in events.Tags()["scalars"]}))
`;
import { inFolder } from "../support/in_folder.ts";

async function python(...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("python3", { args, stderr: "null" })
      .output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined; // no Python
  }
}

Deno.test({
  name: "TensorBoard reads the scalars (needs python3 with tensorboard)",
  ignore: await python("-c", "import tensorboard.backend.event_processing.event_accumulator") ===
    undefined,
  fn: async () => {
    await inFolder(async (folder) => {
      const log = await EventLog.open(folder);
      for (let step = 1; step <= 3; step++) {
        log.scalars(step, { "Loss/batch": 1 / step, "LearningRate": 1e-4 });
      }
      log.scalars(2 ** 31, { "Val/VolumeDice": 0.875 });
      const position = await log.flush();
      log.close();
      const next = await EventLog.open(folder, position);
      next.scalars(4, { "Loss/batch": 0.25 });
      await next.flush();
      next.close();
      const text = await python("-c", READ, folder);
      assert.deepEqual(JSON.parse(text!), {
        "Loss/batch": [[1, 1], [2, 0.5], [3, Math.fround(1 / 3)], [4, 0.25]],
        "LearningRate": [1, 2, 3].map((step) => [step, Math.fround(1e-4)]),
        "Val/VolumeDice": [[2 ** 31, 0.875]],
      });
    });
  },
});
