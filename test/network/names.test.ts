import t from "tap";
import { parseExtraHost, parseNameServer, parseResolverOption, parseSearchDomain } from "../../src/network/names.ts";

t.test("--add-host takes what docker takes", (t) => {
  const rows: readonly [string, string, string][] = [
    ["db:192.0.2.1", "db", "192.0.2.1"],
    ["db=192.0.2.1", "db", "192.0.2.1"],
    ["db:::1", "db", "::1"],
    ["db:[2001:db8::1]", "db", "2001:db8::1"],
    ["db=[2001:db8::1]", "db", "2001:db8::1"],
    ["a_b.example:host-gateway", "a_b.example", "host-gateway"],
  ];
  for (const [text, name, address] of rows) t.same(parseExtraHost(text), { name, address }, text);
  t.end();
});

t.test("what is no host, server, domain or option is refused by its flag", (t) => {
  for (const text of ["", "db", "db:", ":192.0.2.1", "db:192.0.2", "db:gateway", "d b:192.0.2.1", "db:1.2.3.4\n::1 x"])
    t.throws(() => parseExtraHost(text), { code: "host-invalid", message: /^--add-host/ }, JSON.stringify(text));
  for (const text of ["", "dns.example", "1.2.3.4\n"])
    t.throws(() => parseNameServer(text), { code: "host-invalid" }, JSON.stringify(text));
  for (const text of ["", "a b", "a..b", "a\n"])
    t.throws(() => parseSearchDomain(text), { code: "host-invalid" }, JSON.stringify(text));
  for (const text of ["", "ndots:x", "a b", "a\nnameserver 1.2.3.4"])
    t.throws(() => parseResolverOption(text), { code: "host-invalid" }, JSON.stringify(text));
  t.end();
});
