import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/support/errors.ts";
import { v8Flags } from "../../lib/rollout/wasm/v8_flags.ts";
import { makeClassPack } from "../../tasks/support/class_pack.ts";
import { findJupyter, outputOf } from "../../tasks/support/jupyter.ts";
import { inFolder } from "../support/in_folder.ts";
import { ROOT } from "../notebooks/support/notebooks.ts";

const windows = Deno.build.os === "windows";

Deno.test("findJupyter takes the Python that has it, then what is on PATH, then uvx and pipx", async () => {
  const asked: string[] = [];
  const only = (name: string) => (command: string[]) => {
    asked.push(command.join(" "));
    return Promise.resolve(command[0] === name ? "4.6.6\n" : undefined);
  };
  assert.deepEqual(await findJupyter("/venv/bin/python3", only("/venv/bin/python3")), {
    command: ["/venv/bin/python3", "-m", "jupyterlab"],
    version: "4.6.6",
  });
  assert.deepEqual(asked, ["/venv/bin/python3 -m jupyterlab --version"]);
  asked.length = 0;
  assert.deepEqual((await findJupyter(undefined, only("pipx"))).command[0], "pipx");
  assert.deepEqual(asked, [
    "jupyter-lab --version",
    "py -m jupyterlab --version",
    "uvx --from jupyterlab jupyter-lab --version",
    "pipx run --spec jupyterlab jupyter-lab --version",
  ]);
  await assert.rejects(findJupyter(undefined, only("none")), (error: InputError) => {
    assert.equal(error.code, "missing-program");
    return /pip install jupyterlab/.test(error.hint);
  });
});

Deno.test({
  name: "findJupyter asks real programs on a PATH (outputOf), and passes over one that fails",
  ignore: windows,
  fn: () =>
    inFolder(async (folder) => {
      const asked = join(folder, "asked");
      const program = (name: string, does: string) =>
        Deno.writeTextFile(
          join(folder, name),
          `#!/bin/sh\necho ${name} "$@" >> '${asked}'\n${does}\n`,
          { mode: 0o755 },
        );
      const find = async () => {
        await Deno.writeTextFile(asked, "");
        const { command, version } = await findJupyter(undefined, outputOf);
        assert.equal(version, "4.6.6");
        const lines = (await Deno.readTextFile(asked)).trim().split("\n");
        assert.equal(lines.at(-1), `${command.join(" ")} --version`);
        return lines.map((line) => line.split(" ")[0]);
      };
      const path = Deno.env.get("PATH")!;
      Deno.env.set("PATH", folder);
      try {
        await program("jupyter-lab", "echo broken; exit 1");
        await program("pipx", "echo 4.6.6");
        assert.deepEqual(await find(), ["jupyter-lab", "pipx"]); // py and uvx are missing
        await program("uvx", "echo 4.6.6");
        assert.deepEqual(await find(), ["jupyter-lab", "uvx"]);
        await program("py", "echo 4.6.6");
        assert.deepEqual(await find(), ["jupyter-lab", "py"]);
        await program("jupyter-lab", "echo 4.6.6");
        assert.deepEqual(await find(), ["jupyter-lab"]);
      } finally {
        Deno.env.set("PATH", path);
      }
    }),
});

Deno.test({
  name: "deno task notebook opens Lab at the project, with its kernel, and passes flags on",
  ignore: windows,
  fn: () =>
    inFolder(async (folder) => {
      const [python, asked] = [join(folder, "python3"), join(folder, "asked")];
      await Deno.writeTextFile(
        python,
        '#!/bin/sh\n[ "$1" = -c ] && exit 0\ncase "$*" in *--version) echo 4.0.1; exit;; esac\n' +
          `printf '%s\\n' "$JUPYTER_PATH" "$PWD" "$@" > '${asked}'\n`,
        { mode: 0o755 },
      );
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "notebook", "--no-browser", "--", "--port", "8890"],
        cwd: ROOT,
        env: {
          PATH: `${folder}:${Deno.env.get("PATH")}`,
          VIRTUAL_ENV: "",
          JUPYTER_PATH: "/theirs",
        },
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.match(new TextDecoder().decode(stdout), /^JupyterLab 4\.0\.1\n.*need no network\n$/s);
      const root = ROOT.replace(/\/$/, "");
      const [path, ...rest] = (await Deno.readTextFile(asked)).trim().split("\n");
      assert.equal(path, `${root}/.cache/jupyter:/theirs`);
      assert.deepEqual(rest, [
        ...[root, "-m", "jupyterlab", "--no-browser", `--ServerApp.root_dir=${root}`],
        ...["notebooks/0_start_here.ipynb", "--port", "8890"],
      ]);
      const spec = JSON.parse(
        await Deno.readTextFile(`${root}/.cache/jupyter/kernels/deno/kernel.json`),
      );
      assert.deepEqual([spec.argv[0], spec.argv[2]], ["python", "{connection_file}"]);
      assert.ok((await Deno.stat(spec.argv[1])).isFile);
      assert.equal(spec.interrupt_mode, "message");
      assert.equal(spec.env.DENO_V8_FLAGS, v8Flags({ v8: Deno.version.v8 }));

      await Deno.remove(asked);
      const task = async (...args: string[]) => {
        const env = { PATH: `${folder}:${Deno.env.get("PATH")}`, VIRTUAL_ENV: "" };
        const command = { args: ["task", "notebook", ...args], cwd: ROOT, env };
        const { code, stderr } = await new Deno.Command(Deno.execPath(), command).output();
        return `${code} ${new TextDecoder().decode(stderr)}`;
      };
      assert.match(await task("--check"), /^0 /);
      await assert.rejects(Deno.stat(asked), "it only checks");
      assert.match(await task("--pack", folder, "--wheels"), /^1 [^]*folder is not empty/);
    }),
});

Deno.test({
  name: "makeClassPack writes a project that starts with the Deno and the packages beside it",
  ignore: windows,
  fn: () =>
    inFolder(async (folder) => {
      const info = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] });
      const { denoDir } = JSON.parse(new TextDecoder().decode((await info.output()).stdout));
      const pack = join(folder, "pack");
      const { log } = console;
      console.log = () => {};
      try {
        await makeClassPack(pack, { wheels: false }, (project, env) => {
          assert.equal(project, join(pack, "med-nca"));
          return Deno.symlink(denoDir, env!.DENO_DIR!);
        });
        await assert.rejects(makeClassPack(pack, { wheels: false }), /folder is not empty/);
      } finally {
        console.log = log;
      }
      const moved = join(folder, "moved");
      await Deno.rename(pack, moved);
      const { success, stdout, stderr } = await new Deno.Command(join(moved, "start"), {
        args: ["--help"],
        cwd: folder,
        env: {
          PATH: "/usr/bin:/bin", // no other Deno
          DENO_DIR: join(folder, "another"), // and no other packages
          ...{ HTTPS_PROXY: "http://127.0.0.1:9", HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: "" },
        },
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.match(new TextDecoder().decode(stdout), /^Usage: deno task notebook/);
      for (const path of ["notebooks/7_your_own_data.ipynb", "data.example/dataset.json"]) {
        assert.ok((await Deno.stat(join(moved, "med-nca", path))).isFile);
      }
    }),
});
