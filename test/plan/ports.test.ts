import t from "tap";
import { parsePorts } from "../../src/plan/ports.ts";

t.test("ports, ranges and protocols are read, host parts dropped", (t) => {
  const rows: readonly [string, readonly string[]][] = [
    ["80", ["80/tcp"]],
    ["80/UDP", ["80/udp"]],
    ["80/", ["80/tcp"]],
    ["80-82/sctp", ["80/sctp", "81/sctp", "82/sctp"]],
    ["80-80", ["80/tcp"]],
    ["8080:80", ["80/tcp"]],
    ["127.0.0.1:8080:80/tcp", ["80/tcp"]],
    ["127.0.0.1::80", ["80/tcp"]],
    ["[::1]:1-2:3-4", ["3/tcp", "4/tcp"]],
    ["1000-2000:80", ["80/tcp"]],
    ["0", ["0/tcp"]],
    ["65535", ["65535/tcp"]],
  ];
  for (const [word, ports] of rows) t.strictSame(parsePorts(word), ports, word);
  t.end();
});

t.test("what is no port says why", (t) => {
  for (const word of ["", "x", "65536", "-1", "80/http", "/tcp", "5-1", "1-", "1-3:4-5", "host:1:80", "a:80"])
    t.match(parsePorts(word), { fault: String }, word);
  t.end();
});
