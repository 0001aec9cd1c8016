import { BlockList, isIP } from "node:net";
import { OciBuildError } from "../errors.ts";
import { isLoopback } from "../location/loopback.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy to use for a URL, from HTTPS_PROXY, HTTP_PROXY and NO_PROXY in either case, by curl's and Go's rules
 * (golang.org/x/net/http/httpproxy). This machine is never asked through a proxy.
 * @throws OciBuildError `proxy-unsupported` for what is not an `http://` proxy
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  if (isLoopback(url.host)) return undefined;
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const setting = environment[name] || environment[name.toLowerCase()];
  if (setting === undefined || setting === "") return undefined;
  const exceptions = environment["NO_PROXY"] || environment["no_proxy"] || "";
  return isExcepted(url, exceptions) ? undefined : parseProxy(setting, name);
}

function parseProxy(setting: string, name: string): URL {
  const text = setting.includes("://") ? setting : `http://${setting}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol === "http:") return proxy;
  // The setting itself is not shown: it may hold a password.
  throw new OciBuildError("proxy-unsupported", `${name} is not an http:// proxy`, {
    hint: `set ${name} to http://HOST:PORT, or name the host in NO_PROXY`,
  });
}

/** Each exception is `*`, a domain that stands for its subdomains too, an address, a range of addresses, or one of these with a port. */
function isExcepted(url: URL, exceptions: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return exceptions
    .split(",")
    .map((exception) => exception.trim().toLowerCase())
    .filter((exception) => exception !== "")
    .some((exception) => exception === "*" || matchesRange(host, exception) || matchesDomain(host, port, exception));
}

function matchesDomain(host: string, port: string, exception: string): boolean {
  const [, name = exception, onlyPort] =
    /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(exception) === 6 ? `[${exception}]` : exception) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const domain = name.replace(/^\*?\./, "");
  return (host === domain && !name.startsWith(".")) || host.endsWith(`.${domain}`);
}

function matchesRange(host: string, exception: string): boolean {
  const [network = "", bits = ""] = exception.split("/");
  const family = isIP(network);
  if (family === 0 || family !== isIP(host) || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return false;
  const range = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  range.addSubnet(network, Number(bits), type);
  return range.check(host, type);
}

/** What a proxy wants to see of its user, from the proxy's URL. */
export function proxyAuthorization(proxy: URL): Readonly<Record<string, string>> {
  if (proxy.username === "") return {};
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(login).toString("base64")}` };
}
