import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { serialiseManifest } from "../../src/oci/manifest.ts";
import { manifestType } from "../../src/oci/media-type.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import { parseReference } from "../../src/oci/reference.ts";
import type { Registry } from "../../src/registry/registry.ts";
import type { Resolution } from "../../src/registry/resolve.ts";
import { always, amd64, createTestRegistry, readAll } from "../support/registry/client.ts";
import { registryLogin, startDockerRegistry } from "../support/registry/docker-registry.ts";
import { blobOf, makeImage, makeIndex, makeTar, type TestImage } from "../support/registry/image.ts";
import { pushImage } from "../support/registry/push.ts";

const run = promisify(execFile);
const { signal } = new AbortController();

/** What was resolved is the image that was pushed, and its layers come byte by byte. */
async function sameImage(
  t: Test,
  registry: Registry,
  { image, documents }: Resolution,
  { expected, name }: { readonly expected: TestImage; readonly name: string },
): Promise<void> {
  const reference = parseReference(name);
  const [config, ...layers] = expected.blobs;
  const manifest = expected.manifests[0] ?? expected.top;
  t.equal(image.manifestDigest, manifest.descriptor.digest);
  t.strictSame(documents.manifestDescriptor, manifest.descriptor);
  t.strictSame(Buffer.from(documents.manifest), Buffer.from(manifest.bytes));
  t.strictSame(Buffer.from(documents.config), Buffer.from(config?.bytes ?? []));
  t.strictSame(documents.configDescriptor, config?.descriptor);
  t.equal(image.layers.length, layers.length);
  for (const [i, layer] of image.layers.entries()) {
    t.match(layer.blob.mediaType, /^application\/vnd\.oci\.image\.layer\.v1\.tar/, "layers have OCI's types");
    const bytes = await readAll(await registry.openBlob(reference, layer.blob, { signal }));
    t.strictSame(bytes, Buffer.from(layers[i]?.bytes ?? []));
  }
}

t.test("images of both families come from docker's registry", async (t) => {
  const { host } = await startDockerRegistry(t);
  const registry = createTestRegistry(t);
  for (const types of ["oci", "docker"] as const)
    for (const compression of ["gzip", "none"] as const) {
      const image = await makeImage({ types, compression, layers: [{ "a/": "", "a/b": "one" }, { c: "two" }] });
      const name = `${host}/library/${types}:${compression}`;
      await pushImage({ host, repository: `library/${types}`, tag: compression }, image);
      await sameImage(t, registry, await registry.resolve(parseReference(name), amd64), { expected: image, name });
      const byDigest = `${host}/library/${types}@${image.top.descriptor.digest}`;
      await sameImage(t, registry, await registry.resolve(parseReference(byDigest), amd64), {
        expected: image,
        name: byDigest,
      });
    }
});

t.test("the platform is chosen from an index", async (t) => {
  const { host } = await startDockerRegistry(t);
  const registry = createTestRegistry(t);
  for (const types of ["oci", "docker"] as const) {
    const platforms = ["linux/arm/v6", "linux/amd64"];
    const images = await Promise.all(
      platforms.map((platform) => makeImage({ platform, types, layers: [{ platform }] })),
    );
    const repository = `index/${types}`;
    await pushImage({ host, repository, tag: "latest" }, makeIndex(images, platforms, types));
    const reference = parseReference(`${host}/${repository}`);
    const chosen = await registry.resolve(reference, parsePlatform("linux/arm/v7"));
    t.equal(chosen.image.manifestDigest, images[0]?.top.descriptor.digest);
    t.strictSame(chosen.image.platform, parsePlatform("linux/arm/v6"));
    t.equal(chosen.image.name, `${host}/${repository}:latest`);
    t.equal((await registry.resolve(reference, amd64)).image.manifestDigest, images[1]?.top.descriptor.digest);
    await t.rejects(registry.resolve(reference, parsePlatform("linux/s390x")), {
      code: "platform-not-found",
      hint: "it has linux/arm/v6, linux/amd64",
    });
  }
});

t.test("a registry with a login lets in who has it", async (t) => {
  const { host } = await startDockerRegistry(t, { htpasswd: true });
  const image = await makeImage();
  await pushImage({ host, repository: "app", tag: "1", login: registryLogin }, image);
  const name = `${host}/app:1`;
  const registry = createTestRegistry(t, { credentials: always({ kind: "password", ...registryLogin }) });
  await sameImage(t, registry, await registry.resolve(parseReference(name), amd64), { expected: image, name });

  const anonymous = createTestRegistry(t);
  await t.rejects(anonymous.resolve(parseReference(name), amd64), {
    code: "registry-unauthorized",
    message: `${host} does not give app to somebody who is not logged in`,
  });
  const wrong = createTestRegistry(t, {
    credentials: always({ kind: "password", username: "builder", password: "wrong" }),
  });
  await t.rejects(wrong.resolve(parseReference(name), amd64), {
    code: "registry-unauthorized",
    message: `${host} does not accept the login for app`,
    hint: /\/a\/config.json/,
  });
});

t.test("the login that skopeo leaves is found, and the image that skopeo pushes is read", async (t) => {
  const { host } = await startDockerRegistry(t, { htpasswd: true });
  const directory = t.testdir();
  const authFile = join(directory, "auth.json");
  const image = await makeImage({
    layers: [{ "etc/motd": "pushed by another\n" }],
    config: { Env: ["A=b"], Cmd: ["sh"] },
  });
  const layout = join(directory, "layout");
  await writeLayout(layout, image);
  await run("skopeo", [
    "login",
    "--tls-verify=false",
    "--authfile",
    authFile,
    "--username",
    registryLogin.username,
    "--password",
    registryLogin.password,
    host,
  ]);
  await run("skopeo", [
    "copy",
    "--quiet",
    "--dest-tls-verify=false",
    "--authfile",
    authFile,
    `oci:${layout}:latest`,
    `docker://${host}/team/app:2`,
  ]);

  const registry = createTestRegistry(t, { credentials: undefined, environment: { REGISTRY_AUTH_FILE: authFile } });
  const reference = parseReference(`${host}/team/app:2`);
  const { image: resolved } = await registry.resolve(reference, amd64);
  t.strictSame(resolved.config.config, { Env: ["A=b"], Cmd: ["sh"] });
  const [layer] = resolved.layers;
  if (layer === undefined) throw new TypeError("no layer");
  const blob = await readAll(await registry.openBlob(reference, layer.blob, { signal }));
  t.strictSame(gunzipSync(blob), await makeTar({ "etc/motd": "pushed by another\n" }));
});

t.test("what is not there is named", async (t) => {
  const { host } = await startDockerRegistry(t);
  const registry = createTestRegistry(t);
  await t.rejects(registry.resolve(parseReference(`${host}/nobody/nothing:9`), amd64), {
    code: "image-not-found",
    message: `${host} has no image ${host}/nobody/nothing:9`,
  });
  const image = await makeImage();
  await pushImage({ host, repository: "app", tag: "1" }, image);
  await t.rejects(registry.resolve(parseReference(`${host}/app:2`), amd64), { code: "image-not-found" });
  const missing = blobOf("nowhere", "application/octet-stream").descriptor;
  await t.rejects(registry.openBlob(parseReference(`${host}/app:1`), missing, { signal }), {
    code: "blob-not-found",
    message: new RegExp(missing.digest),
  });
});

t.test("an artefact that is no image is refused", async (t) => {
  const { host } = await startDockerRegistry(t);
  const registry = createTestRegistry(t);
  const chartConfig = blobOf("{}", "application/vnd.cncf.helm.config.v1+json");
  const chart = blobOf("chart", "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
  const top = blobOf(
    serialiseManifest({
      kind: "manifest",
      mediaType: manifestType,
      config: chartConfig.descriptor,
      layers: [chart.descriptor],
    }),
    manifestType,
  );
  await pushImage({ host, repository: "chart", tag: "1" }, { top, manifests: [], blobs: [chartConfig, chart] });
  await t.rejects(registry.resolve(parseReference(`${host}/chart:1`), amd64), {
    code: "not-an-image",
    message: /helm\.config/,
  });
});

t.test("documents that are here already are not fetched", async (t) => {
  const { host } = await startDockerRegistry(t);
  const image = await makeImage();
  const name = `${host}/app@${image.top.descriptor.digest}`;
  const here = new Map([image.top, ...image.blobs].map(({ descriptor, bytes }) => [descriptor.digest, bytes]));
  const registry = createTestRegistry(t, { known: (digest) => Promise.resolve(here.get(digest)) });
  t.equal(
    (await registry.resolve(parseReference(name), amd64)).image.manifestDigest,
    image.top.descriptor.digest,
    "nothing was pushed",
  );
});

async function writeLayout(directory: string, image: TestImage): Promise<void> {
  await mkdir(join(directory, "blobs/sha256"), { recursive: true });
  await writeFile(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const entry = { ...image.top.descriptor, annotations: { "org.opencontainers.image.ref.name": "latest" } };
  await writeFile(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  for (const { descriptor, bytes } of [image.top, ...image.manifests, ...image.blobs])
    await writeFile(join(directory, "blobs/sha256", descriptor.digest.slice(7)), bytes);
}
