import type { RefusedFlags } from "../flag.ts";
import { notYet, refused } from "../refused-flags.ts";

/** What docker, buildah and kaniko have at this place and oci-build does not. */
export const refusedBuildFlags: RefusedFlags = {
  // docker buildx build
  ...refused(
    notYet,
    `attest cgroup-parent cpu-period
    cpu-quota cpu-shares -c cpuset-cpus cpuset-mems memory -m memory-swap
    platform policy provenance resource sbom security-opt shm-size squash ulimit`,
  ),
  allow:
    "is not supported: no step may leave its sandbox or use devices, and the machine's network needs no permission (RUN --network=host)",
  device: "is not supported: steps get no devices of the machine, so that they build alike everywhere",
  load: "is not supported: the image goes to the store; -o docker-archive:FILE makes what docker load takes",
  builder: "is not supported: there are no builders to choose from",
  compress: "is not supported: the context is read where it lies, nothing is sent",
  "disable-content-trust": "is not supported: signatures are not checked",
  // buildah build
  ...refused(
    notYet,
    `all-platforms arch authfile build-arg-file cap-add cap-drop cert-dir cpp-flag creds decryption-key
    env format from hooks-dir http-proxy ignorefile layers logfile logsplit manifest mount
    no-hostname no-hosts omit-history os os-feature os-version retry retry-delay rewrite-timestamp sign-by
    signature-policy skip-unused-stages tls-verify unsetannotation unsetenv unsetlabel
    userns userns-gid-map userns-uid-map variant volume -v`,
  ),
  runtime: "is not supported: --isolation chooses the sandbox",
  // kaniko's executor
  ...refused(
    notYet,
    `cache cache-copy-layers cache-dir cache-repo cache-run-layers cache-ttl compression compression-level
    context-sub-path custom-platform digest-file git ignore-path image-fs-extract-retry
    image-name-with-digest-file image-name-tag-with-digest-file insecure insecure-pull
    push-retry registry-certificate registry-map registry-mirror single-snapshot skip-tls-verify
    skip-tls-verify-pull skip-tls-verify-registry`,
  ),
  context: "is not a flag here: the context is the last argument",
  destination: "is called --tag (-t) here; with --push it is pushed",
  dockerfile: "is called --file (-f) here",
  "no-push": "is not needed: nothing is pushed without --push",
  "tar-path": "is spelled -o docker-archive:FILE here",
  tarPath: "is spelled -o docker-archive:FILE here",
  "oci-layout-path": "is spelled -o oci:DIR here",
  reproducible: "is not needed: builds are reproducible by default",
  ...refused(
    "is not supported: oci-build does not unpack into its own root directory",
    `cleanup force materialize preserve-context`,
  ),
  ...refused(
    "is not supported: layers are what a step wrote, there are no snapshots",
    `snapshot-mode use-new-run ignore-var-run`,
  ),
  ...refused("is not supported: see --progress and --debug", "verbosity log-format log-timestamp log-level"),
};
