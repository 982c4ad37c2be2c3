import assert from "node:assert/strict";
import { join } from "@std/path";
import { findPatients, recognisePatients } from "../../../lib/slices/split/patients.ts";
import { InputError } from "../../../lib/support/errors.ts";
import { inFolder } from "../support/data_set.ts";

/** The groups of ids that are of one patient. */
function groups(patients: ReadonlyMap<string, string>): string[][] {
  return [...Map.groupBy(patients, ([, patient]) => patient).values()]
    .map((group) => group.map(([id]) => id));
}

Deno.test("recognisePatients() knows names of scans of one patient", () => {
  const together = [
    ["patient001_frame01", "patient001_frame12", "patient001_ED"],
    ["sub-00_ses-01_T1w", "sub-00_ses-02_T1w", "sub-00"],
    ["sub-01_ses-01_T1w", "sub-01_ses-01_run-2_FLAIR"],
    ["Subject-7_a", "Subject-7_b"],
    ["MR12_ses-1_T2w", "MR12_ses-2_T2w"],
    ["heart_frame01", "heart_frame02"],
    ["k7_slice_000", "k7_slice_10"],
    ["knee12_left", "knee12_right"],
    ["lh_34", "rh_34"],
    ["eye_L", "eye_R"],
    ["b3_visit1", "b3_visit2_left"],
    ["p01_0001", "p01_0002"],
    ["p02_0001", "p02_0007"],
    ["p03_0001"],
  ];
  assert.deepEqual(groups(recognisePatients(together.flat())), together);
});

Deno.test("recognisePatients() takes what follows at least three patients' ids for names of scans", () => {
  const endings = [
    ["p0#_baseline", "p0#_followup"],
    ["OAS1_000#_MR1", "OAS1_000#_MR2"],
    ["case_#_pre", "case_#_post"],
    ["S0#-V1", "S0#-V2"],
    ["002_S_020#_bl", "002_S_020#_m12"],
    ["A0#_day0", "A0#_day30", "A0#_day60"],
    ["k#_leftknee", "k#_rightknee"],
    ["p0#a", "p0#b"],
    ["100000#_20252_2_0", "100000#_20252_3_0"],
    ["TCGA-02-000#_1999.01.01", "TCGA-02-000#_2000.02.02"],
    ["IXI00#-HH-1211-T1", "IXI00#-HH-1212-T1"],
    ["BraTS-GLI-0000#-000", "BraTS-GLI-0000#-001"],
  ];
  for (const names of endings) {
    const of = (i: number) => names.map((name) => name.replace("#", String(i)));
    const single = names[0]!.replace("#", "9"); // a patient with one scan
    const expected = [of(1), of(2), of(3), [single]];
    assert.deepEqual(groups(recognisePatients(expected.flat())), expected);
    // Of two patients it could be anything
    const two = [...of(1), ...of(2)];
    assert.ok(groups(recognisePatients(two)).length >= 2, names[0]);
  }
  // Three hospitals with many patients each
  const sites = ["h1", "h2", "h3"].flatMap((site) =>
    Array.from({ length: 9 }, (_, i) => `${site}_${String.fromCharCode(97 + i)}x`)
  );
  assert.equal(groups(recognisePatients(sites)).length, 27);
  // Six scans of each are the most that a patient may have on average
  const scans = (count: number) =>
    groups(recognisePatients(sites.filter((_, i) => i % 9 < count))).length;
  assert.deepEqual([scans(6), scans(7)], [3, 21]);
});

Deno.test("recognisePatients() keeps cases apart whose number is all that differs", () => {
  const apart = [
    "prostate_00 prostate_01 hippocampus_001 hippocampus_002 case10 case11 sub-10 sub-11",
    "BraTS20_Training_001 BraTS20_Training_002 IXI002-Guys-0828 IXI012-HH-1211",
    "p01_1 p01_2 p02_1 p02_2 x y z",
    "amos22_0001 amos22_0002 amos22_0003 a b left right patient1 patient11",
    "BraTS19_2013_10_1 BraTS19_2013_11_1 BraTS19_CBICA_AAB_1 2019_x ISIC_0000001 ISIC_0000002",
  ];
  for (const ids of apart.map((names) => names.split(" "))) {
    assert.deepEqual(groups(recognisePatients(ids)), ids.map((id) => [id]));
  }
});

Deno.test("findPatients() takes the groups of a pattern", async () => {
  const ids = ["knee_a_1_pre", "knee_a_1_post", "knee_b_1_pre"];
  const found = await findPatients("^knee_(.)_(\\d)", ids);
  assert.deepEqual([...found.values()], ["a_1", "a_1", "b_1"]);
  assert.deepEqual([...(await findPatients("_[ab]_", ids)).values()], ["_a_", "_a_", "_b_"]);
  assert.deepEqual([...(await findPatients("case", ids)).values()], ids);
});

Deno.test("findPatients() counts pairs: 2k - 1 and 2k are patient k", async () => {
  const ids = ["001", "002", "003", "204", "394"].map((number) => `hippocampus_${number}`);
  const patients = await findPatients("pairs:hippocampus_(\\d+)", ids);
  assert.deepEqual([...patients.values()], ["pair 1", "pair 1", "pair 2", "pair 102", "pair 197"]);
  const sites = await findPatients("pairs:(\\w)-(\\d+)", ["x-1", "x-2", "y-1"]);
  assert.deepEqual([...sites.values()], ["x_pair 1", "x_pair 1", "y_pair 1"]);
});

Deno.test("findPatients() reads two columns", () =>
  inFolder(async (folder) => {
    const path = join(folder, "patients.csv");
    await Deno.writeTextFile(path, '\uFEFFcase,patient\r\na,p 1\r\n"b","p 1"\r\n\r\nc,p2\r\n');
    assert.deepEqual([...await findPatients(path, ["a", "b", "c"])], [
      ["a", "p 1"],
      ["b", "p 1"],
      ["c", "p2"],
    ]);
    await assert.rejects(
      findPatients(path, ["a", "d", "e"]),
      /Cannot tell the patient of 2 of 3 cases: d, e$/,
    );
    await Deno.writeTextFile(path, "a;p\nb\na;q\n");
    await assert.rejects(
      findPatients(path, ["a"]),
      /line 2 is not a pair, a is listed with the patients p and q: .*patients\.csv/,
    );
    await Deno.writeTextFile(join(folder, "p.tsv"), "a\t1\nb\t1\n");
    assert.equal(groups(await findPatients(join(folder, "p.tsv"), ["a", "b"])).length, 1);
  }));

Deno.test("findPatients() says what it cannot use", async () => {
  const cases: [string, RegExp][] = [
    ["p(", /Cannot use patients: Invalid regular expression/],
    ["no/such.csv", /Cannot read patients: no such file: no\/such\.csv/],
    ["x(\\d)", /Cannot tell the patient of 2 of 2 cases: a1, b2$/],
    ["pairs:a", /Cannot tell the patient of 2 of 2 cases/],
  ];
  for (const [setting, message] of cases) {
    await assert.rejects(findPatients(setting, ["a1", "b2"]), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, message);
      assert.notEqual(error.hint, "");
      return true;
    });
  }
});

Deno.test("findPatients() takes names that differ in case for one patient, unless told otherwise", async () => {
  const ids = ["Patient1_frame01", "patient1_frame02", "S4_left", "s4_right", "K", "k"];
  assert.deepEqual(groups(await findPatients("auto", ids)), [ids.slice(0, 2), ids.slice(2, 4), [
    "K",
    "k",
  ]]);
  assert.deepEqual(groups(await findPatients("^(.)", ["a1", "A2", "b1"])), [["a1", "A2"], ["b1"]]);
  assert.deepEqual(groups(await findPatients("case", ids)), ids.map((id) => [id]));
});
