import { join } from "@std/path";
import { unzipSync } from "fflate";
import assert from "node:assert/strict";
import { initBackend } from "../../lib/backend.ts";
import { loadDcmjs, naturalHeader } from "../../lib/volume/dicom/dicom_header.ts";
import { readLabelVolume } from "../../lib/volume/mod.ts";
import { findPython, runPython } from "../../tasks/support/python.ts";
import { makeRun } from "../tasks/support/make_run.ts";
import { inFolder, runTaskIn } from "../tasks/support/run_task.ts";
import { writeTinyVolumes } from "../training/support/tiny_data.ts";

await initBackend({ backend: "ops" });

const FIXTURE = new URL("../fixtures/dicom/oblique.zip", import.meta.url).pathname;
const SCRIPT = join(import.meta.dirname!, "with_highdicom.py");
const python = await findPython("import highdicom, pydicom, nibabel");
const hasOrthanc = await (async () => {
  const { success } = await new Deno.Command("Orthanc", { args: ["--version"] }).output();
  return success;
})().catch(() => false);

/** A port that nobody listens to now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Runs a test with an archive of its own on loopback. */
async function withOrthanc(folder: string, test: (url: string) => Promise<void>): Promise<void> {
  const [http, dicom] = [freePort(), freePort()];
  const config = {
    ...{ StorageDirectory: folder, IndexDirectory: folder, HttpPort: http, DicomPort: dicom },
    ...{ RemoteAccessAllowed: false, AuthenticationEnabled: false, Plugins: [] },
  };
  const path = join(folder, "orthanc.json");
  await Deno.writeTextFile(path, JSON.stringify(config));
  const command = new Deno.Command("Orthanc", { args: [path], stdout: "null", stderr: "null" });
  await using server = command.spawn();
  const url = `http://127.0.0.1:${http}`;
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      const isUp = await fetch(`${url}/system`).then(async (r) => !!await r.text(), () => false);
      if (isUp) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await test(url);
  } finally {
    server.kill();
  }
}

Deno.test({
  name: "a series goes to an archive, is fetched, segmented, and its segmentation stored back " +
    "(needs orthanc, and Python with highdicom)",
  ignore: !hasOrthanc || python === undefined,
  fn: () =>
    inFolder(async (folder) => {
      await writeTinyVolumes(join(folder, "data"));
      const split = { train: ["case_0", "case_1"], validation: [], test: [] };
      await makeRun(join(folder, "run"), join(folder, "data"), { split });
      const archive = join(folder, "archive");
      await Deno.mkdir(archive);
      await withOrthanc(archive, async (url) => {
        const store = async (body: Uint8Array<ArrayBuffer>) => {
          const answer = await fetch(`${url}/instances`, { method: "POST", body });
          assert.ok(answer.ok, await answer.clone().text());
          return await answer.json() as { ID: string; ParentSeries: string; ParentStudy: string };
        };
        const slices = unzipSync(await Deno.readFile(FIXTURE));
        const stored = [];
        for (const bytes of Object.values(slices)) {
          stored.push(await store(bytes as Uint8Array<ArrayBuffer>));
        }
        const { ParentSeries, ParentStudy } = stored[0]!;
        const series = await fetch(`${url}/series/${ParentSeries}/archive`);
        await Deno.writeFile(join(folder, "fetched.zip"), await series.bytes());
        const { code, error } = await runTaskIn(
          folder,
          "predict",
          ...["--run", "run", "--image", "fetched.zip", "--out", "masks", "--dicom-seg"],
        );
        assert.equal(code, 0, error);

        const names = await Array.fromAsync(Deno.readDir(join(folder, "masks")));
        const made = names.find(({ name }) => name.endsWith(".dcm"))!.name;
        const seg = await store(await Deno.readFile(join(folder, "masks", made)));
        assert.equal(seg.ParentStudy, ParentStudy, "it belongs to the same study");
        const back = await (await fetch(`${url}/instances/${seg.ID}/file`)).bytes();
        const { dataset } = naturalHeader(await loadDcmjs(), back);
        assert.equal(dataset["Modality"], "SEG");
        await Deno.writeFile(join(folder, "back.dcm"), back);
        const path = join(folder, "back.dcm");
        const mask = join(folder, "masks", made.replace(/dcm$/, "nii.gz"));
        const { foreground } = JSON.parse(await runPython(python!, [SCRIPT, path, mask]));
        const { data } = await readLabelVolume(mask);
        const count = data.filter((value) => value > 0).length;
        assert.ok(count > 0);
        assert.deepEqual([foreground.voxels, foreground.values], [count, [1]]);
      });
    }),
});
