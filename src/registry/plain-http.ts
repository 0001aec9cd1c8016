import { OciBuildError } from "../errors.ts";
import { isLoopback } from "../location/loopback.ts";

/** Whether a host may be spoken to over plain http. */
export function mayUseHttp(host: string, insecureRegistries: readonly string[]): boolean {
  return isLoopback(host) || insecureRegistries.some((insecure) => normal(insecure) === normal(host));
}

/** In lower case, and without http's own port. */
function normal(host: string): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).host : host;
}

/** @throws OciBuildError `registry-insecure` for plain http to a host that it is not allowed for */
export function refusePlainHttp(url: URL, insecureRegistries: readonly string[]): void {
  if (url.protocol === "https:" || mayUseHttp(url.host, insecureRegistries)) return;
  throw new OciBuildError("registry-insecure", `${url.host} is not asked over plain http`, {
    hint: "if its network can be trusted, allow it with --insecure-registry",
  });
}
