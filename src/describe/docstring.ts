/**
 * The description of a stage or an argument: of the comments directly above it, the first that begins with its name
 * (https://docs.docker.com/reference/build-checks/invalid-definition-description/).
 */
export function docstringOf(name: string, comments: readonly string[]): string | undefined {
  const line = comments.find((comment) => comment.startsWith(`${name} `));
  return line?.slice(name.length + 1);
}
