import t from "tap";
import { proxyAuthorization, proxyFor } from "../../src/http/proxy.ts";

const proxy = "http://proxy.example:3128";

t.test("each scheme has its variable, in either case", (t) => {
  t.equal(proxyFor(new URL("https://r.example/"), { HTTPS_PROXY: proxy })?.host, "proxy.example:3128");
  t.equal(proxyFor(new URL("https://r.example/"), { https_proxy: "proxy.example:3128" })?.host, "proxy.example:3128");
  t.equal(proxyFor(new URL("https://r.example/"), { HTTP_PROXY: proxy }), undefined);
  t.equal(proxyFor(new URL("http://r.example/"), { http_proxy: proxy })?.host, "proxy.example:3128");
  t.equal(proxyFor(new URL("https://r.example/"), { HTTPS_PROXY: "" }), undefined);
  t.end();
});

t.test("this machine is never asked through a proxy", (t) => {
  for (const host of ["localhost", "127.0.0.1:5000", "127.3.2.1", "[::1]:5000"])
    t.equal(proxyFor(new URL(`http://${host}/`), { HTTP_PROXY: proxy }), undefined, host);
  t.end();
});

const exceptions: readonly (readonly [string, string, boolean])[] = [
  ["*", "https://r.example/", true],
  ["r.example", "https://r.example/", true],
  ["r.example", "https://sub.r.example/", true],
  ["r.example", "https://other.example/", false],
  ["r.example", "https://bar.example/", false],
  [".r.example", "https://sub.r.example/", true],
  [".r.example", "https://r.example/", false],
  ["*.r.example", "https://sub.r.example/", true],
  ["other.example, R.EXAMPLE", "https://r.example/", true],
  ["r.example:443", "https://r.example/", true],
  ["r.example:5000", "https://r.example/", false],
  ["r.example:5000", "https://r.example:5000/", true],
  ["10.0.0.0/8", "https://10.1.2.3/", true],
  ["10.0.0.0/8", "https://11.1.2.3/", false],
  ["10.0.0.0/99", "https://10.1.2.3/", false],
  ["10.1.2.3", "https://10.1.2.3:5000/", true],
  ["fd00::/8", "https://[fd00::1]/", true],
  ["fd00::1", "https://[fd00::1]/", true],
  ["", "https://r.example/", false],
];

t.test("NO_PROXY names domains, addresses and ranges", (t) => {
  for (const [list, url, excepted] of exceptions)
    t.equal(
      proxyFor(new URL(url), { HTTPS_PROXY: proxy, NO_PROXY: list }) === undefined,
      excepted,
      `${list} for ${url}`,
    );
  t.end();
});

t.test("a proxy of another kind is refused without showing it", (t) => {
  for (const setting of [
    "socks5://user:hunter2@proxy.example",
    "https://user:hunter2@proxy.example",
    "http://user:hunter2@:x",
  ]) {
    t.throws(
      () => proxyFor(new URL("https://r.example/"), { HTTPS_PROXY: setting }),
      { code: "proxy-unsupported", message: "HTTPS_PROXY is not an http:// proxy" },
      setting,
    );
  }
  t.end();
});

t.test("the proxy is shown the user of its URL", (t) => {
  t.strictSame(proxyAuthorization(new URL("http://me:p%40ss@proxy.example")), {
    "proxy-authorization": `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
  });
  t.strictSame(proxyAuthorization(new URL(proxy)), {});
  t.end();
});
