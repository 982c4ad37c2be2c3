import { join } from "@std/path";

/** What tests say that need Slurm. */
export const NEEDS_SLURM = "(needs slurmctld, slurmd and slurm-client)";

/** Whether Debian's Slurm is installed. */
export const hasSlurm = await Promise.all(["slurmctld", "slurmd", "sbatch"].map(isThere))
  .then((all) => all.every(Boolean));

async function isThere(program: string): Promise<boolean> {
  const output = { stdout: "null", stderr: "null" } as const; // without a configuration sbatch fails
  return await new Deno.Command(program, { args: ["-V"], ...output }).output()
    .then(() => true, () => false);
}

/** Slurm on this machine: a controller and two nodes of one core, with ports of their own. */
export interface Slurm {
  /** Runs one of its commands and returns what it prints. */
  readonly call: (program: string, ...args: string[]) => Promise<string>;
}

/** Runs a test with a Slurm of its own. */
export async function withSlurm(test: (slurm: Slurm) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const daemons: Deno.ChildProcess[] = [];
  const before = ["SLURM_CONF", "PATH"].map((name) => [name, Deno.env.get(name)] as const);
  try {
    const conf = join(folder, "slurm.conf");
    await Deno.writeTextFile(conf, await configuration(folder));
    // Snakemake's jobs call srun without the variable; elsewhere /etc/slurm has the file
    const script = `#!/bin/sh\nSLURM_CONF=${conf} exec ${await call("which", "srun")} "$@"\n`;
    await Deno.mkdir(join(folder, "bin"));
    await Deno.writeTextFile(join(folder, "bin", "srun"), script, { mode: 0o755 });
    Deno.env.set("SLURM_CONF", conf); // for all that the test starts
    Deno.env.set("PATH", `${join(folder, "bin")}:${Deno.env.get("PATH")}`);
    const start = (program: string, ...args: string[]) => {
      const output = { stdin: "null", stdout: "null", stderr: "null" } as const;
      daemons.push(new Deno.Command(program, { args: ["-D", ...args], ...output }).spawn());
    };
    start("slurmctld", "-i");
    for (const node of NODES) start("slurmd", "-N", node);
    while (await call("sinfo", "-h", "-t", "idle", "-o", "%D").catch(() => "") !== "2") {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await test({ call });
  } finally {
    // Jobs that a failed test left behind would outlive their daemons
    await call("scancel", "--full", "--signal=KILL", "--user", await userName()).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const daemon of daemons) daemon.kill("SIGTERM");
    await Promise.all(daemons.map((daemon) => daemon.status));
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await Deno.remove(folder, { recursive: true });
  }
}

/** The nodes, both on this machine. */
export const NODES = ["n1", "n2"] as const;

async function call(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${error}`);
  return out!;
}

async function userName(): Promise<string> {
  return await call("id", "-un");
}

async function configuration(folder: string): Promise<string> {
  const [host, user] = [Deno.hostname(), await userName()];
  const ports = Array.from({ length: 3 }, () => {
    using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    return listener.addr.port;
  });
  return `
ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/none
# How long a job that is queued again waits, too
AuthInfo=cred_expire=5
CredType=cred/none
SlurmctldPort=${ports[0]}
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd-%n.pid
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool-%n
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1
# A node that the test takes down stays down until the test brings it back
ReturnToService=1
KillWait=5
${
    NODES.map((node, i) =>
      `NodeName=${node} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${
        ports[i + 1]
      } CPUs=1 RealMemory=16000`
    ).join("\n")
  }
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
}
