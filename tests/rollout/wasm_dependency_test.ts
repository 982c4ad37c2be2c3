/** The engine as another program's dependency, from a server. */

import assert from "node:assert/strict";
import { join } from "@std/path";
import { fileURLToPath } from "node:url";
import manifest from "../../deno.json" with { type: "json" };
import { inFolder } from "../support/in_folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Deno's folder, with the packages of another. */
async function freshDenoDir(folder: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  const fresh = join(folder, "deno");
  await Deno.mkdir(fresh);
  await Deno.symlink(npmCache, join(fresh, "npm"));
  return fresh;
}

Deno.test({
  name: "WasmEngine runs on several threads where it was imported from the web",
  ignore: Deno.build.os === "windows", // links
  fn: () =>
    inFolder(async (folder) => {
      const server = Deno.serve({ port: 0, onListen: () => {} }, async (request) => {
        const path = join(root, new URL(request.url).pathname);
        const headers = { "content-type": "application/typescript" };
        return new Response(await Deno.readTextFile(path), { headers });
      });
      const { imports } = manifest;
      await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify({ imports }));
      const url = `http://localhost:${server.addr.port}/lib/rollout/wasm/create_wasm_engine.ts`;
      await Deno.writeTextFile(
        join(folder, "main.ts"),
        `import { createWasmEngine } from "${url}";
const engine = await createWasmEngine({ threads: 2, shape: { channels: 8, hidden: 8 } });
console.log(engine.description);
engine.dispose();`,
      );
      try {
        const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "--allow-all", "--quiet", "--no-lock", "main.ts"],
          cwd: folder,
          env: { DENO_DIR: await freshDenoDir(folder) },
        }).output();
        assert(success, new TextDecoder().decode(stderr));
        assert.match(new TextDecoder().decode(stdout), /^fused kernels on the CPU, 2 threads/);
      } finally {
        await server.shutdown();
      }
    }),
});
