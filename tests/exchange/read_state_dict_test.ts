import { join } from "@std/path";
import { type Zippable, zipSync } from "fflate";
import assert from "node:assert/strict";
import { readStateDict } from "../../lib/exchange/read_state_dict.ts";
import { InputError } from "../../lib/support/errors.ts";
import { Random } from "../../lib/support/random.ts";
import { findPython, runPython } from "../../tasks/support/python.ts";
import { inFolder } from "../support/in_folder.ts";

const FIXTURE = new URL("../fixtures/state_dicts/model1.pth", import.meta.url).pathname;
const python = await findPython("import torch, numpy");

/** Bytes of text in which each character is a byte. */
const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Writes files that were damaged or made by hand, and reads them. */
function reader(folder: string) {
  const path = join(folder, "model.pth");
  return async (bytes: Uint8Array) => {
    await Deno.writeFile(path, bytes);
    return await readStateDict(path);
  };
}

const GLOBALS = {
  dict: "ccollections\nOrderedDict\n",
  rebuild: "ctorch._utils\n_rebuild_tensor_v2\n",
  float: "ctorch\nFloatStorage\n",
};

/** A dictionary with one tensor w, of values that stand in `data/KEY`, one after the other. */
function tensor({ key = "0", count = 2, offset = 0, size = 2, stride = 1 } = {}): string {
  const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
  const int = (value: number) =>
    `J${String.fromCharCode(...new Uint8Array(Int32Array.of(value).buffer))}`;
  const storage = `(${text("storage")}${GLOBALS.float}${text(key)}${text("cpu")}${int(count)}tQ`;
  const view = `${int(offset)}(${int(size)}t(${int(stride)}t\x89${GLOBALS.dict})R`;
  return `\x80\x02${GLOBALS.dict})R${text("w")}${GLOBALS.rebuild}(${storage}${view}tRs.`;
}

function archive(pickle: string, others: Zippable = {}): Uint8Array {
  const values = new Uint8Array(Float32Array.of(1.5, -2).buffer);
  const files = { "m/data.pkl": latin1(pickle), "m/data/0": values, ...others };
  return zipSync(files, { level: 0 });
}

Deno.test("readStateDict reads tensors as they lie in their values", () =>
  inFolder(async (folder) => {
    const read = reader(folder);
    const values = async (
      ...args: Parameters<typeof tensor>
    ) => [...(await read(archive(tensor(...args)))).get("w")!.data];
    assert.deepEqual(await values(), [1.5, -2]);
    assert.deepEqual(await values({ offset: 1, size: 1 }), [-2]);
    assert.deepEqual(await values({ size: 3, stride: 0 }).catch(() => "refused"), "refused");
    assert.deepEqual([...(await readStateDict(FIXTURE)).keys()], [
      ...["perception.weight", "perception.bias", "fc1.weight", "fc1.bias"],
      ...["bn.weight", "bn.bias", "fc2.weight", "fc2.bias"],
    ]);
  }));

/** Pickles that run a command in `pickle.load`, in every way that there is. */
const HOSTILE: [name: string, pickle: string, message: RegExp][] = [
  ["REDUCE", "\x80\x02cos\nsystem\n(X\x04\0\0\0truetR.", /it asks for os\.system/],
  ["a protocol 0 pickle", "cos\nsystem\n(S'true'\ntR.", /os\.system/],
  ["STACK_GLOBAL", "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.", /posix\.system/],
  ["STACK_GLOBAL of no names", "\x80\x04()\x93.", /a name is missing/],
  ["INST", "\x80\x02(X\x04\0\0\0trueios\nsystem\n.", /opcode 0x69/],
  ["OBJ", "\x80\x02(cos\nsystem\nX\x04\0\0\0trueo.", /os\.system/],
  ["NEWOBJ", "\x80\x02cos\nPathLike\n)\x81.", /os\.PathLike/],
  ["EXT1", "\x80\x02\x82\x01.", /opcode 0x82/],
  ["builtins.eval", "\x80\x02c__builtin__\neval\n(X\x04\0\0\0trash.", /__builtin__\.eval/],
  ["names of this language", "\x80\x02cconstructor\nconstructor\n)R.", /constructor\.constructor/],
  ["__proto__", "\x80\x02c\n__proto__\n)R.", /\.__proto__/],
  ["a call of a storage's type", `\x80\x02${GLOBALS.float})R.`, /calls what is no function/],
  ["a call of a text", "\x80\x02X\x02\0\0\0os)R.", /calls what is no function/],
  ["a call through a dotted name", "\x80\x02ctorch._utils\n_rebuild_tensor_v2.x\n)R.", /asks for/],
  ["attributes of a function", `\x80\x02${GLOBALS.rebuild}}b.`, /a Map is missing/],
  ["a path outside of the archive", tensor({ key: "../data.pkl" }), /are missing/],
  ["a function for a type", tensor().replace(GLOBALS.float, GLOBALS.rebuild), /an unknown type/],
  ["more values than there are", tensor({ count: 3 }), /more or fewer values/],
  ["a view beyond the values", tensor({ offset: 1 }), /reaches beyond/],
  ["a huge view", tensor({ size: 2 ** 31 - 1, stride: 0 }), /reaches beyond/],
  ["a negative stride", tensor({ stride: -1 }), /is damaged/],
  ["a tensor of nothing", `\x80\x02${GLOBALS.rebuild}(NNNNtR.`, /is damaged/],
  ["an endless integer", "\x80\x02\x8a\xff.", /too large/],
  ["no values", "\x80\x02.", /a value is missing/],
  ["no end", "\x80\x02}", /ends early/],
  ["a list", "\x80\x02].", /holds no dictionary/],
  ["other things than tensors", "\x80\x02}X\x01\0\0\0aK\x01s.", /a in its dictionary is no tensor/],
];

for (const [name, pickle, message] of HOSTILE) {
  Deno.test(`readStateDict refuses a pickle with ${name}`, () =>
    inFolder((folder) =>
      assert.rejects(reader(folder)(archive(pickle)), { name: "InputError", message })
    ));
}

Deno.test("readStateDict refuses archives that are compressed, big-endian or no archives", () =>
  inFolder(async (folder) => {
    const read = reader(folder);
    const bomb = zipSync({ "m/data.pkl": new Uint8Array(1e6) }, { level: 9 });
    await assert.rejects(read(bomb), /compressed/);
    await assert.rejects(read(archive(tensor(), { "m/byteorder": latin1("big") })), /big-endian/);
    await assert.rejects(read(archive(tensor(), { "n/data.pkl": latin1("N.") })), /no pickle/);
    await assert.rejects(read(latin1("\x80\x02\x8a\x0a")), /not a complete zip archive/);
  }));

Deno.test("readStateDict of a damaged file is an InputError, or its tensors", () =>
  inFolder(async (folder) => {
    const whole = await Deno.readFile(FIXTURE);
    const read = reader(folder);
    let refused = 0;
    for (let i = 0; i < 400; i++) {
      const random = new Random(i);
      const bytes = whole.slice(0, i % 4 === 0 ? random.integer(whole.length) : undefined);
      // In the pickle, at the beginning
      for (let k = 0; k < 3; k++) bytes[random.integer(900) % bytes.length] = random.integer(256);
      await read(bytes).catch((error) => {
        assert.ok(error instanceof InputError, `${i}: ${error.stack}`);
        refused++;
      });
    }
    assert.ok(refused > 200, `${refused}`);
  }));

Deno.test({
  name: "readStateDict reads what PyTorch saves in other ways, or says what is wrong " +
    "(needs Python with torch)",
  ignore: python === undefined,
  fn: () =>
    inFolder(async (folder) => {
      await runPython(python!, [
        "-c",
        `
import torch
w = torch.arange(24.).reshape(2, 3, 2, 2)
torch.save({"a": w.to(memory_format=torch.channels_last), "b": w[1, :, 1], "c": w.double()}, "views.pth")
torch.save({"a": w}, "protocol.pth", pickle_protocol=4)
torch.save({"a": w}, "legacy.pth", _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(2, 2), "module.pth")
torch.save({"a": w.half()}, "half.pth")`,
      ], { cwd: folder });
      const read = (name: string) => readStateDict(join(folder, name));
      const views = await read("views.pth");
      assert.deepEqual([...views.get("a")!.data], [...Array(24).keys()]);
      assert.deepEqual([...views.get("b")!.data], [14, 15, 18, 19, 22, 23]);
      assert.deepEqual(views.get("b")!.shape, [3, 2]);
      assert.equal(views.get("c")!.dtype, "F64");
      assert.deepEqual((await read("protocol.pth")).get("a")!.shape, [2, 3, 2, 2]);
      await assert.rejects(read("legacy.pth"), /not a complete zip archive/);
      await assert.rejects(read("module.pth"), /it asks for torch\.nn\.modules\.linear\.Linear/);
      await assert.rejects(read("half.pth"), /it asks for torch\.HalfStorage/);
    }),
});
