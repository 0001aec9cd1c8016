import fc from "fast-check";
import t from "tap";
import { parseChallenges } from "../../src/registry/challenge.ts";

type Plain = readonly (readonly [string, Readonly<Record<string, string>>])[];

function plain(header: string): Plain {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

const cases: readonly (readonly [string, Plain])[] = [
  [
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:library/debian:pull"',
    [
      [
        "bearer",
        { realm: "https://auth.example/token", service: "registry.example", scope: "repository:library/debian:pull" },
      ],
    ],
  ],
  ['Basic realm="a \\"quoted\\" realm"', [["basic", { realm: 'a "quoted" realm' }]]],
  [
    "BEARER Realm=https://auth.example/token , SERVICE = x",
    [["bearer", { realm: "https://auth.example/token", service: "x" }]],
  ],
  [
    'Bearer realm="x",scope="a:b:pull,push c:d:pull",error="insufficient_scope"',
    [["bearer", { realm: "x", scope: "a:b:pull,push c:d:pull", error: "insufficient_scope" }]],
  ],
  [
    'Basic realm="a", Bearer realm="b",service="c"',
    [
      ["basic", { realm: "a" }],
      ["bearer", { realm: "b", service: "c" }],
    ],
  ],
  [
    "Negotiate, Basic",
    [
      ["negotiate", {}],
      ["basic", {}],
    ],
  ],
  ["Basic", [["basic", {}]]],
  ["", []],
  ["=,;", []],
  ['realm="nobody\'s"', []],
];

t.test("challenges are read with their parameters", (t) => {
  for (const [header, challenges] of cases) t.strictSame(plain(header), challenges, header);
  t.equal(plain('Bearer realm="unfinished')[0]?.[0], "bearer", "what can be read is read");
  t.end();
});

t.test("any text is read to its end", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "=", '"', "\\", ",", " ", "é", "B") }), (text) =>
      Array.isArray(parseChallenges(text)),
    ),
  );
  t.end();
});
