import assert from "node:assert/strict";
import { SLICE_KEYS } from "../../lib/slices/slice_settings.ts";
import { SPLIT_KEYS } from "../../lib/slices/split/split_keys.ts";
import { parseSetting } from "../../lib/support/setting.ts";
import { settingFlag } from "../../tasks/support/setting_flags.ts";

Deno.test("parseSetting() reads words, numbers and lists as the setting takes them", () => {
  const values: [keyof typeof SLICE_KEYS, string, unknown][] = [
    ["axis", "1", 1],
    ["axis", "coronal", "coronal"],
    ["channel", "all", "all"],
    ["channel", "1", [1]],
    ["channel", "0,2", [0, 2]],
    ["labels", "foreground", "foreground"],
    ["labels", "5", "5"],
    ["labels", "1,2", "1,2"],
    ["labels", "whole=1+2,anterior=1", "whole=1+2,anterior=1"],
    ["size", "160x128", [160, 128]],
    ["spacing", "0.8, 0.8", [0.8, 0.8]],
    ["fill", "-1024", -1024],
    ["threshold", "0.5", 0.5],
  ];
  for (const [key, text, value] of values) {
    assert.deepEqual(parseSetting(SLICE_KEYS[key], text), value, `${key} ${text}`);
  }
  assert.equal(parseSetting(SPLIT_KEYS.patients, "pairs:p_(\\d{1,3})"), "pairs:p_(\\d{1,3})");
  assert.throws(() => parseSetting(SLICE_KEYS.axis, "oblique"), RangeError);
  assert.throws(
    () => parseSetting(SLICE_KEYS.channel, "x"),
    /Expected all, or different channel numbers/,
  );
  assert.throws(() => parseSetting(SLICE_KEYS.axis, ""), RangeError);
});

Deno.test("settingFlag() shows what a setting is, and has no value unless it is given", () => {
  const { flags, description, defaultValue } = settingFlag("clipNorm", SLICE_KEYS.clip);
  assert.equal(flags, "--clip-norm <a,b>");
  assert.match(description, /^with normalize percentile: .* \(default: 0\.5,99\.5\)$/);
  assert.equal(defaultValue, undefined);
  assert.equal(settingFlag("format", SLICE_KEYS.format).flags, "--format <npy|png>");
  assert.equal(settingFlag("test", SPLIT_KEYS.test).flags, "--test <n>");
  assert.equal(settingFlag("splits", SPLIT_KEYS.splits, "file").flags, "--splits <file>");
  assert.doesNotMatch(settingFlag("splits", SPLIT_KEYS.splits).description, /default/);
  assert.throws(() => settingFlag("axis", SLICE_KEYS.axis).parseArg!("7", undefined as never));
});
