import { type CallContext, serveCalls } from "../../../lib/live/remote.ts";
import { InputError } from "../../../lib/support/errors.ts";

const order: string[] = [];

const api = {
  double: (_: CallContext, value: number) => 2 * value,
  refuse(_: CallContext): void {
    throw new InputError("Cannot read a", { code: "bad-image", hint: "Give b" });
  },
  fail(_: CallContext): void {
    throw new RangeError("not in range");
  },
  exhaust(_: CallContext): Uint8Array {
    return new Uint8Array(2 ** 52);
  },
  /** Goes on until it is cancelled. */
  async endless({ signal, progress }: CallContext): Promise<void> {
    order.push("endless begins");
    for (let i = 1; !signal.aborted; i++) {
      progress(i, 1000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    order.push("endless ends");
    signal.throwIfAborted();
  },
  order(_: CallContext): string[] {
    return [...order, "next"];
  },
};

/** What it answers. */
export type TestApi = typeof api;

serveCalls(api);
