import { setMaxListeners } from "node:events";
import type { Readable } from "node:stream";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Platform } from "../oci/platform.ts";
import type { Reference } from "../oci/reference.ts";
import { openBlob, type OpenBlobOptions } from "./blob.ts";
import { checkLogin } from "./check-login.ts";
import { credentialsFrom, type CredentialSource } from "./credentials.ts";
import type { Environment } from "../http/proxy.ts";
import { resolve, type Resolution } from "./resolve.ts";
import { defaultPace, type Pace } from "../http/retry.ts";
import { findManifest } from "./find-manifest.ts";
import { type ManifestBytes, putManifest } from "./put-manifest.ts";
import { createAsk, createGet } from "./session.ts";
import { type BlobArrival, type BlobSource, hasBlob, uploadBlob } from "./upload.ts";
import { createTransport, defaultTimeouts, type Timeouts } from "../http/transport.ts";

/**
 * Every registry, as a client (https://github.com/opencontainers/distribution-spec/blob/main/spec.md). All methods
 * throw OciBuildError, or the reason of a signal that is aborted.
 */
export interface Registry {
  /**
   * Finds the image that a reference means for a platform. Every document is checked against its digest.
   * @throws OciBuildError `image-not-found`, `platform-not-found`, `manifest-…`, `config-…`, `not-an-image`, `registry-…`, `credential…`
   */
  resolve(reference: Reference, platform: Platform): Promise<Resolution>;
  /**
   * Opens a blob of the reference's repository. The stream ends only if the bytes had the descriptor's size and digest.
   * @throws OciBuildError `blob-not-found`, `registry-…`; the stream fails with `blob-digest-mismatch`, `blob-size-mismatch`, `blob-interrupted`
   */
  openBlob(reference: Reference, descriptor: Descriptor, options: OpenBlobOptions): Promise<Readable>;
  /**
   * The bytes of what a tag names, unchecked; undefined when there is no such tag.
   * @param limit of bytes
   * @throws OciBuildError `registry-…`
   */
  findManifest(reference: Reference, limit: number): Promise<Uint8Array | undefined>;
  /** Whether the reference's repository has a blob, in its full size. @throws OciBuildError `registry-…` */
  hasBlob(reference: Reference, descriptor: Descriptor): Promise<boolean>;
  /**
   * Gets a blob into the reference's repository, unless it is there.
   * @throws OciBuildError `registry-…`, `upload-refused`, and what reading the source throws
   */
  pushBlob(reference: Reference, descriptor: Descriptor, source: BlobSource): Promise<BlobArrival>;
  /**
   * Puts a manifest or an index under the reference's tag or digest. What it names must be there already.
   * @throws OciBuildError `registry-…`, `upload-refused`
   */
  pushManifest(reference: Reference, manifest: ManifestBytes): Promise<void>;
  /**
   * Asks a registry whether it knows the user of the credentials that this client was made with.
   * @throws OciBuildError `login-refused`, `registry-…`
   */
  checkLogin(registry: string, username: string): Promise<void>;
  /** Closes the connections that are kept for later. */
  close(): void;
}

export interface RegistryOptions {
  /** Proxies, and where credentials are looked for, come from here. */
  readonly environment: Environment;
  /** Aborting it ends everything that is under way. */
  readonly signal: AbortSignal;
  /** Without it, what `docker login` and `podman login` left. */
  readonly credentials?: CredentialSource | undefined;
  /** Hosts, with their port if they have one, that may speak plain http. Those of this machine may in any case. */
  readonly insecureRegistries?: readonly string[];
  /** Documents that need not be fetched, e.g. from the store. */
  readonly known?: (digest: Digest) => Promise<Uint8Array | undefined>;
  readonly timeouts?: Timeouts;
  readonly pace?: Pace;
}

export function createRegistry(options: RegistryOptions): Registry {
  const { environment, insecureRegistries = [], pace = defaultPace } = options;
  const signal = AbortSignal.any([options.signal]);
  // Every request listens to it, and many requests are no leak.
  setMaxListeners(0, signal);
  const transport = createTransport(environment, options.timeouts ?? defaultTimeouts, "registry");
  const credentials = options.credentials ?? credentialsFrom(environment);
  const ask = createAsk({ send: transport.send, credentials, insecureRegistries, pace, signal });
  const get = createGet(ask);
  const known = options.known ?? ((): Promise<undefined> => Promise.resolve(undefined));
  const open: Registry["openBlob"] = (reference, descriptor, how) =>
    openBlob({ get, pace, reference, descriptor }, { ...how, signal: AbortSignal.any([signal, how.signal]) });
  const context = { get, known, signal, openBlob: open };
  return {
    resolve: (reference, platform) => resolve(context, reference, platform),
    openBlob: open,
    findManifest: (reference, limit) => findManifest(ask, reference, { limit, signal }),
    hasBlob: (reference, descriptor) => hasBlob({ ask, reference, descriptor, signal }),
    pushBlob: (reference, descriptor, source) => uploadBlob({ ask, pace, reference, descriptor, signal }, source),
    pushManifest: (reference, manifest) => putManifest(ask, reference, { ...manifest, signal }),
    checkLogin: (host, username) => checkLogin(ask, host, { username, signal }),
    close: () => transport.close(),
  };
}
