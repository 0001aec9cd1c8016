// Serves an OCI registry on a free port of 127.0.0.1 until it is stopped: node .ci/registry.mjs DIRECTORY
// Keeps the images in DIRECTORY/images and its log in DIRECTORY/log; writes DIRECTORY/port once it answers.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const directory = process.argv[2];
mkdirSync(`${directory}/images`, { recursive: true });
rmSync(`${directory}/port`, { force: true });

const port = await freePort();
writeFileSync(
  `${directory}/config.yml`,
  `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${JSON.stringify(`${directory}/images`)} } }
http: { addr: "127.0.0.1:${port}" }
`,
);
const log = openSync(`${directory}/log`, "w");
// Whatever ends this process ends the registry.
const registry = spawn("setpriv", ["--pdeathsig", "KILL", "docker-registry", "serve", `${directory}/config.yml`], {
  stdio: ["ignore", log, log],
  env: { ...process.env, OTEL_TRACES_EXPORTER: "none" },
});
registry.on("exit", () => process.exit(1));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, stop);

await untilReady();
writeFileSync(`${directory}/port.new`, String(port));
renameSync(`${directory}/port.new`, `${directory}/port`);

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address();
  server.close();
  return free;
}

async function untilReady() {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await answers()) return;
    await sleep(50);
  }
  console.error(readFileSync(`${directory}/log`, "utf8"));
  stop();
}

async function answers() {
  const response = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
  return response?.ok === true;
}

function stop() {
  registry.removeAllListeners("exit");
  registry.once("exit", () => process.exit(0));
  registry.kill();
}
