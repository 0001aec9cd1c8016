import t from "tap";
import { compressionOf, layerTypeOf, ociTypeOf } from "../../src/oci/media-type.ts";

t.test("docker's types become OCI's", (t) => {
  const cases: Readonly<Record<string, string>> = {
    "application/vnd.docker.distribution.manifest.v2+json": "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json": "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.container.image.v1+json": "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.image.rootfs.diff.tar.gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":
      "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/x-other": "application/x-other",
  };
  for (const [docker, oci] of Object.entries(cases)) t.equal(ociTypeOf(docker), oci);
  t.end();
});

t.test("a layer's type tells its compression, and other types are no layers", (t) => {
  for (const compression of ["none", "gzip", "zstd"] as const)
    t.equal(compressionOf(layerTypeOf(compression)), compression);
  t.equal(compressionOf("application/vnd.docker.image.rootfs.diff.tar.gzip"), "gzip");
  t.equal(compressionOf("application/vnd.oci.image.layer.v1.tar+gzip+encrypted"), undefined);
  t.equal(compressionOf("constructor"), undefined);
  t.end();
});
