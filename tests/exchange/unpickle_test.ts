import assert from "node:assert/strict";
import { unpickle } from "../../lib/exchange/unpickle.ts";

/** Python's pickle of (1.5, -3, 300, 70000, 2**40, -2**40, None, True, False, "é", [1, (2,)], {"a": 1, "b": (1, 2, 3)}). */
const PICKLES = [
  // protocol 2
  "800228473ff80000000000004afdffffff4d2c014a701101008a060000000000018a060000000000ff4e88895802000000c3a9" +
  "71005d7101284b014b02857102657d71032858010000006171044b0158010000006271054b014b024b03877106757471072e",
  // protocol 4
  "800495520000000000000028473ff80000000000004afdffffff4d2c014a701101008a060000000000018a060000000000ff4e" +
  "88898c02c3a9945d94284b014b028594657d94288c0161944b018c0162944b014b024b0387947574942e",
];

Deno.test("unpickle reads numbers, texts and containers as Python wrote them", () => {
  for (const pickle of PICKLES) {
    const found = unpickle(Uint8Array.fromHex(pickle), { calls: {}, names: [], load: () => null });
    assert.deepEqual(found, [
      ...[1.5, -3, 300, 70000, 2 ** 40, -(2 ** 40), null, true, false, "é", [1, [2]]],
      new Map<string, unknown>([["a", 1], ["b", [1, 2, 3]]]),
    ]);
  }
});
