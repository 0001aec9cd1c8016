import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { parseReference } from "../../src/oci/reference.ts";
import { createTransport } from "../../src/http/transport.ts";
import { redirectTo } from "../support/registry/behaviour.ts";
import { makeCertificate } from "../support/registry/certificate.ts";
import { amd64, createTestRegistry, errorOf, wholeText } from "../support/registry/client.ts";
import { startFaultServer } from "../support/registry/fault-server.ts";
import { makeImage } from "../support/registry/image.ts";

const { signal } = new AbortController();

/** Resolves an image in a process of its own that trusts a certificate, and prints the manifest's digest or the error. */
async function resolveTrusting(
  cert: string,
  name: string,
  environment: Readonly<Record<string, string>> = {},
  directory: string,
): Promise<string> {
  const file = join(directory, "trusted.pem");
  await writeFile(file, cert);
  const program = `
    import { parseReference } from ${JSON.stringify(new URL("../../src/oci/reference.js", import.meta.url).href)};
    import { createRegistry } from ${JSON.stringify(new URL("../../src/registry/registry.js", import.meta.url).href)};
    const registry = createRegistry({ environment: process.env, signal: new AbortController().signal });
    try {
      const { image } = await registry.resolve(parseReference(${JSON.stringify(name)}), { os: "linux", architecture: "amd64" });
      console.log(image.manifestDigest);
    } catch (error) {
      console.log(error.code + ": " + error.message);
    }
    registry.close();
  `;
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: directory,
    XDG_RUNTIME_DIR: directory,
    NODE_EXTRA_CA_CERTS: file,
    ...environment,
  };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], { env });
  return stdout.trim();
}

t.test("a registry of this machine may speak TLS, if its certificate is trusted", async (t) => {
  const tls = await makeCertificate(t, "IP:127.0.0.1");
  const server = await startFaultServer(t, { tls });
  const image = await makeImage();
  server.add("app", "1", image);
  t.equal(await resolveTrusting(tls.cert, `${server.host}/app:1`, {}, t.testdir()), image.top.descriptor.digest);
  await t.rejects(createTestRegistry(t).resolve(parseReference(`${server.host}/app:1`), amd64), {
    code: "registry-tls",
    message: `${server.host} cannot be trusted: its certificate is self-signed`,
    hint: /NODE_EXTRA_CA_CERTS/,
  });
  t.match(
    await resolveTrusting(tls.cert, `${server.host.replace("127.0.0.1", "localhost")}/app:1`, {}, t.testdir()),
    /^registry-tls: .*another host name$/,
  );
});

t.test("from https there is no way back to http", async (t) => {
  const tls = await makeCertificate(t, "IP:127.0.0.1");
  const server = await startFaultServer(t, { tls });
  const plain = await startFaultServer(t);
  server.on(/\/manifests\//, redirectTo(`${plain.origin}/x`));
  t.equal(
    await resolveTrusting(tls.cert, `${server.host}/app:1`, {}, t.testdir()),
    `registry-protocol: ${server.host} does not behave like a registry: it redirects from https to http, to ${plain.host}`,
  );
  t.equal(plain.requests.length, 0);
});

t.test("a server that speaks no TLS is named", async (t) => {
  const server = await startFaultServer(t);
  const transport = createTransport({}, { connect: 5000, idle: 5000 }, "registry");
  t.teardown(() => transport.close());
  await t.rejects(transport.send({ method: "GET", url: new URL(`https://${server.host}/v2/`), headers: {} }, signal), {
    code: "registry-tls",
    message: `${server.host} does not speak TLS as expected`,
  });
});

t.test("a server that speaks no HTTP is named, without what it sent", async (t) => {
  const server = net
    .createServer((socket) => socket.on("error", () => {}).end("SSH-2.0-hunter2\r\n"))
    .listen(0, "127.0.0.1");
  t.teardown(() => server.close());
  await once(server, "listening");
  const transport = createTransport({}, { connect: 5000, idle: 5000 }, "registry");
  t.teardown(() => transport.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const error = await errorOf(transport.send({ method: "GET", url, headers: {} }, signal));
  t.match(error, { code: "registry-not-a-registry", message: `${url.host} does not speak HTTP` });
  t.notMatch(wholeText(error), /hunter2|rawPacket/);
});

t.test("a server that accepts and then keeps still is given up while connecting", async (t) => {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => sockets.add(socket)).listen(0, "127.0.0.1");
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, "listening");
  const transport = createTransport({}, { connect: 100, idle: 60_000 }, "registry");
  t.teardown(() => transport.close());
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await t.rejects(transport.send({ method: "GET", url, headers: {} }, signal), {
    code: "registry-unreachable",
    message: /no connection within 0\.1 s/,
  });
});

t.test("a slow answer over an open connection is no slow connection", async (t) => {
  const server = await startFaultServer(t);
  server.on(/^\/slow/, async ({ usual, send }) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    send(usual);
  });
  const transport = createTransport({}, { connect: 100, idle: 5000 }, "registry");
  t.teardown(() => transport.close());
  for (const path of ["/slow", "/slow"]) {
    const response = await transport.send(
      { method: "GET", url: new URL(`${server.origin}${path}`), headers: {} },
      signal,
    );
    t.equal(response.status, 404);
    response.body.resume();
    await once(response.body, "end");
  }
});

interface TestProxy {
  readonly host: string;
  /** What it was asked for: `METHOD TARGET AUTHORIZATION`. */
  readonly asked: readonly string[];
}

/** A proxy that leads every tunnel and every request to one server. */
async function startProxy(t: Test, target: string, refuse = 0): Promise<TestProxy> {
  const [hostname = "", port = ""] = target.split(":");
  const asked: string[] = [];
  const note = (request: http.IncomingMessage): number =>
    asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`);
  const proxy = http.createServer((request, response) => {
    note(request);
    const path = new URL(request.url ?? "").pathname;
    http.get({ hostname, port, path, headers: { accept: request.headers.accept ?? "" } }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
  });
  proxy.on("connect", (request: http.IncomingMessage, socket: net.Socket) => {
    note(request);
    if (refuse > 0) return socket.end(`HTTP/1.1 ${refuse} No\r\n\r\n`);
    const onward = net.connect(Number(port), hostname, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    onward.pipe(socket).pipe(onward);
    onward.on("error", () => socket.destroy());
    return socket.on("error", () => onward.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.teardown(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { host: `127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

t.test("https goes through a tunnel of the proxy", async (t) => {
  const tls = await makeCertificate(t, "DNS:registry.example");
  const server = await startFaultServer(t, { tls });
  const proxy = await startProxy(t, server.host);
  const image = await makeImage();
  server.add("app", "1", image);
  const environment = { HTTPS_PROXY: `http://me:hunter2@${proxy.host}` };
  t.equal(
    await resolveTrusting(tls.cert, "registry.example/app:1", environment, t.testdir()),
    image.top.descriptor.digest,
  );
  t.strictSame(
    proxy.asked,
    [`CONNECT registry.example:443 Basic ${Buffer.from("me:hunter2").toString("base64")}`],
    "one connection is kept",
  );
});

t.test("a proxy that refuses is named, without its password", async (t) => {
  const proxy = await startProxy(t, "127.0.0.1:1", 407);
  const registry = createTestRegistry(t, { environment: { HTTPS_PROXY: `http://me:hunter2@${proxy.host}` } });
  await t.rejects(registry.resolve(parseReference("registry.example/app"), amd64), {
    code: "registry-unreachable",
    message: `cannot reach registry.example:443 through the proxy ${proxy.host}: it answered 407`,
  });
});

t.test("plain http is for the hosts that are declared, and goes through the proxy too", async (t) => {
  const server = await startFaultServer(t);
  const proxy = await startProxy(t, server.host);
  const image = await makeImage();
  server.add("app", "1", image);
  const registry = createTestRegistry(t, {
    environment: { HTTP_PROXY: proxy.host },
    insecureRegistries: ["registry.example:5000"],
  });
  t.equal(
    (await registry.resolve(parseReference("registry.example:5000/app:1"), amd64)).image.manifestDigest,
    image.top.descriptor.digest,
  );
  t.match(proxy.asked[0], "GET http://registry.example:5000/v2/ undefined");
});
