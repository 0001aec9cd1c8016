import { EventEmitter } from "node:events";
import t from "tap";
import { OciBuildError } from "../../src/errors.ts";
import { fakeRun, only, runWithFakes } from "./run-with-fakes.ts";

t.test("flags become options and end at the image", async (t) => {
  const { engine, seen } = fakeRun(0);
  const line =
    "run --rm -it -e A=1 -eB -w /srv -u 1:2 --entrypoint= --network none --add-host a:1.2.3.4 --dns 9.9.9.9 --root /store app:1 ls -l --rm -- -e";
  t.equal((await runWithFakes(line.split(" "), { engine, env: { B: "b" } })).code, 0);
  const { signal, forwardSignals, ...options } = only(seen);
  t.notOk(signal.aborted);
  t.type(forwardSignals, "function");
  t.same(options, {
    image: "app:1",
    command: ["ls", "-l", "--rm", "--", "-e"],
    entrypoint: "",
    environment: ["A=1", "B=b"],
    workdir: "/srv",
    user: "1:2",
    network: "none",
    names: { hosts: [{ name: "a", address: "1.2.3.4" }], servers: ["9.9.9.9"], search: [], options: [] },
    interactive: true,
    terminal: true,
    root: "/store",
    isolation: "auto",
    insecureRegistries: [],
  });
});

t.test("the process's exit code is the command's", async (t) => {
  for (const code of [0, 1, 126, 127, 137, 255])
    t.same(await runWithFakes(["run", "app"], { engine: fakeRun(code).engine }), { code, stdout: "", stderr: "" });
});

t.test("oci-build's own failures answer 125, as docker's do", async (t) => {
  const engine = { runImage: () => Promise.reject(new OciBuildError("image-unknown", "there is no image app")) };
  t.same(await runWithFakes(["run", "app"], { engine }), {
    code: 125,
    stdout: "",
    stderr: "error: there is no image app\n",
  });
  for (const line of [
    "run",
    "run -v /a:/b app",
    "run --detach app",
    "run --frob app",
    "run --rm=false app",
    "run --network=bridge app",
  ])
    t.match(await runWithFakes(line.split(" ")), { code: 125, stdout: "" }, line);
});

t.test("signals reach the process inside", async (t) => {
  const process = Object.assign(new EventEmitter(), { exit: () => t.fail("ended") });
  const delivered: string[] = [];
  const { code } = await runWithFakes(["run", "app"], {
    process,
    engine: {
      runImage: async ({ signal, forwardSignals }) => {
        const stop = forwardSignals?.((name) => delivered.push(name));
        process.emit("SIGINT", "SIGINT");
        process.emit("SIGQUIT", "SIGQUIT");
        t.notOk(signal.aborted);
        stop?.();
        return 7;
      },
    },
  });
  t.same(delivered, ["SIGINT", "SIGQUIT"]);
  t.equal(code, 7);
});
