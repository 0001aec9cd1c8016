/** Whether text on this stream may carry colours: a terminal that knows them, and nobody who said no (https://no-color.org). */
export function usesColor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}
