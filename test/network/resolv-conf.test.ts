import t from "tap";
import { isStub, resolvConf } from "../../src/network/resolv-conf.ts";

const machine = `# made by something
nameserver 192.0.2.53
nameserver 192.0.2.54
search a.example b.example
options edns0 trust-ad
`;
const nothing = { servers: [], search: [], options: [] };

t.test("what was asked for stands in the place of the machine's lines of its kind", (t) => {
  t.equal(resolvConf(machine, nothing), machine);
  t.equal(
    resolvConf(machine, { ...nothing, servers: ["9.9.9.9", "::1"] }),
    "# made by something\nsearch a.example b.example\noptions edns0 trust-ad\nnameserver 9.9.9.9\nnameserver ::1\n",
  );
  t.equal(
    resolvConf(machine, { ...nothing, search: ["c.example", "d.example"], options: ["ndots:2"] }),
    "# made by something\nnameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch c.example d.example\noptions ndots:2\n",
  );
  t.equal(resolvConf("domain x\nnameserver 1.1.1.1", { ...nothing, search: ["."] }), "nameserver 1.1.1.1\n");
  t.end();
});

t.test("a resolver on the loopback alone is a stub", (t) => {
  t.ok(isStub("nameserver 127.0.0.53\noptions edns0\n"));
  t.ok(isStub("nameserver 127.0.0.1\nnameserver ::1\n"));
  t.notOk(isStub("nameserver 127.0.0.1\nnameserver 192.0.2.1\n"));
  t.notOk(isStub("# nameserver 127.0.0.1\n"));
  t.end();
});
