import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { startBases } from "../support/bases.ts";
import { output } from "../support/process.ts";
import { project } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";

t.test("oci-build run", async (t) => {
  const { busybox } = await startBases(t);
  for (const as of mayBeRoot(t) ? (["self", "ocib-subids"] as const) : (["self"] as const)) {
    for (const isolation of ["chroot", "bwrap"] as const) {
      await t.test(`as ${as}, ${isolation}`, async (t) => {
        const p = project(
          t,
          { Dockerfile: `FROM ${busybox}\nENV A=1\nWORKDIR /work\nENTRYPOINT ["echo", "entry"]\nCMD ["command"]\n` },
          as,
        );
        const built = await p.build(["-t", "app"]);
        t.equal(built.code, 0, built.stderr);
        const run = (...args: readonly string[]): ReturnType<typeof p.command> =>
          p.command("run", ["--isolation", isolation, ...args]);
        const sh = (script: string, ...flags: readonly string[]): ReturnType<typeof p.command> =>
          run(...flags, "--entrypoint", "sh", "app", "-c", script);

        t.equal((await run("app")).stdout, "entry command\n");
        t.equal((await run("app", "mine", "-x")).stdout, "entry mine -x\n");
        t.equal((await sh("exit 42")).code, 42, "the process's exit code");
        t.equal((await sh("kill -9 $$")).code, 137, "128 and the signal");
        t.equal((await run("--entrypoint", "nosuch", "app")).code, 127);
        t.equal((await run("--entrypoint", "/etc/passwd", "app")).code, 126);
        t.equal((await run("no/such/image-here")).code, 125);
        t.equal(
          (await sh("echo $A-$B; pwd; id -u; id -g", "-e", "B=2", "-w", "/tmp", "-u", "1000:50")).stdout,
          "1-2\n/tmp\n1000\n50\n",
        );
        t.equal((await sh("id -un; echo $HOME", "-u", "app")).stdout, "app\n/home/app\n");
        t.equal(
          (
            await p.command("run", ["-i", "--isolation", isolation, "--entrypoint", "cat", "app"], {
              input: "through\n",
            })
          ).stdout,
          "through\n",
        );
        t.equal((await sh("grep -c : /proc/net/dev", "--network", "none")).stdout, "1\n", "no network but lo");
        t.match(await sh("echo out; echo err >&2"), { stdout: "out\n", stderr: "err\n" });
        t.equal((await sh("touch /made && ls /made")).stdout, "/made\n");
        t.equal((await sh("ls /made")).code, 1, "a container starts from the image, not from the last container");
        t.equal((await sh("ps | grep -c '[s]leep'")).stdout, "0\n", "other processes are not seen");
      });
    }
    await t.test(`as ${as}: SIGINT and SIGTERM reach the process, and nothing is left running`, async (t) => {
      const p = project(t, { Dockerfile: `FROM ${busybox}\n` }, as);
      await p.build(["-t", "app"]);
      for (const [signal, number] of [
        ["SIGTERM", 15],
        ["SIGINT", 2],
      ] as const) {
        const caught = p.startCommand("run", [
          "app",
          "sh",
          "-c",
          `trap 'echo got it; exit 5' ${signal.slice(3)}; echo ready; while :; do sleep 0.1; done`,
        ]);
        await until(caught, "ready");
        caught.child.kill(signal);
        t.match(await caught.ended, { code: 5, stdout: "ready\ngot it\n" }, signal);

        const plain = p.startCommand("run", ["app", "sh", "-c", "echo ready; exec sleep 4712"]);
        await until(plain, "ready");
        plain.child.kill(signal);
        t.equal((await plain.ended).code, 128 + number, `a process that knows nothing of ${signal} dies of it`);
      }
      t.notMatch(await output(["ps", "-eo", "args"]), /sleep 4712/);
    });
  }
});

async function until(
  { child }: { readonly child: { readonly stdout: NodeJS.ReadableStream | null } },
  text: string,
): Promise<void> {
  let seen = "";
  child.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  for (let turn = 0; turn < 600 && !seen.includes(text); turn += 1) await sleep(25);
}
