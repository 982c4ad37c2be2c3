import assert from "node:assert/strict";
import { findPython, runPython } from "../../tasks/support/python.ts";

const MANIFEST = new URL("../../docs/cluster/kubernetes.yaml", import.meta.url).pathname;
const python = await findPython("import kubernetes_validate, yaml");

Deno.test({
  name: "docs/cluster/kubernetes.yaml is a Job by Kubernetes' schema, with every shard once " +
    "(needs kubernetes-validate)",
  ignore: python === undefined,
  fn: async () => {
    const script = await Deno.makeTempFile({ suffix: ".py" });
    try {
      await Deno.writeTextFile(
        script,
        `import json, sys, yaml, kubernetes_validate
job = yaml.safe_load(open(sys.argv[1]))
for version in "1.31", "1.33", kubernetes_validate.latest_version():
    kubernetes_validate.validate(job, version, strict=True)
print(json.dumps(job["spec"]))`,
      );
      const spec = JSON.parse(await runPython(python!, [script, MANIFEST]));
      const [command] = spec.template.spec.containers[0].args as [string];
      const shard = /--shard "\$\(\((JOB_COMPLETION_INDEX \+ 1)\)\)\/(\d+)"/.exec(command)!;
      assert.equal(Number(shard[2]), spec.completions); // the indexes are counted from 0
      assert.equal(spec.completionMode, "Indexed");
      assert.match(command, /--out "\/data\/masks\/shard_\$JOB_COMPLETION_INDEX"/);
    } finally {
      await Deno.remove(script);
    }
  },
});
