/** Where docker.io, which is a name of images and no registry, is served. */
const dockerHub = { name: "docker.io", host: "registry-1.docker.io" };

/** The host that serves the registry of a reference, e.g. `registry-1.docker.io` for `docker.io`. */
export function hostOf(registry: string): string {
  return registry === dockerHub.name ? dockerHub.host : registry;
}
