/** A normalised name as docker shows it: `docker.io/library/debian:latest` is `debian:latest`. */
export function familiarName(name: string): string {
  return name.replace(/^docker\.io\/(?:library\/(?=[^/]+$))?/, "");
}

/** Repository and tag of a name without digest. */
export function splitTag(name: string): readonly [repository: string, tag: string | undefined] {
  const colon = name.lastIndexOf(":");
  // In `localhost:5000/app` the colon belongs to the port.
  return colon <= name.lastIndexOf("/") ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)];
}
