import fc from "fast-check";
import t from "tap";
import {
  familiarName,
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
} from "../../src/oci/reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

const normalised: readonly (readonly [string, string])[] = [
  ["debian", "docker.io/library/debian:latest"],
  ["debian:12", "docker.io/library/debian:12"],
  ["library/debian", "docker.io/library/debian:latest"],
  ["docker.io/debian", "docker.io/library/debian:latest"],
  ["index.docker.io/debian", "docker.io/library/debian:latest"],
  ["user/app", "docker.io/user/app:latest"],
  ["localhost", "docker.io/library/localhost:latest"],
  ["localhost/x", "localhost/x:latest"],
  ["localhost:5000/library/debian", "localhost:5000/library/debian:latest"],
  ["localhost:5000", "docker.io/library/localhost:5000"],
  ["host:5000/x:1", "host:5000/x:1"],
  ["127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest"],
  ["[::1]:5000/a", "[::1]:5000/a:latest"],
  ["registry.example.com/a__b/c-d---e.f", "registry.example.com/a__b/c-d---e.f:latest"],
  ["UPPER/x", "UPPER/x:latest"],
  [`debian@${digest}`, `docker.io/library/debian@${digest}`],
  [`host:5000/debian:12@${digest}`, `host:5000/debian:12@${digest}`],
  ["a:_", "docker.io/library/a:_"],
  [`a:${"x".repeat(128)}`, `docker.io/library/a:${"x".repeat(128)}`],
  [`${"ab".repeat(32)}:latest`, `docker.io/library/${"ab".repeat(32)}:latest`],
];

t.test("names are normalised as docker does", (t) => {
  for (const [text, whole] of normalised) t.equal(formatReference(parseReference(text)), whole, text);
  t.end();
});

t.test("a tag beside a digest is kept, and the digest decides", (t) => {
  t.strictSame(parseReference(`debian:12@${digest}`), {
    registry: "docker.io",
    repository: "library/debian",
    selector: { kind: "digest", digest, tag: "12" },
  });
  t.end();
});

const refused: readonly (readonly [string, RegExp])[] = [
  ["", /empty/],
  ["Debian", /lower case/],
  ["docker.io/Library/debian", /lower case/],
  ["https://registry.example.com/debian", /URL/],
  ["ab".repeat(32), /image id/],
  ["debian:", /not a tag/],
  ["debian:.x", /not a tag/],
  ["debian:a b", /not a tag/],
  [`debian:${"x".repeat(129)}`, /not a tag/],
  [`debian@sha256:${"0".repeat(63)}`, /sha256 digest/],
  [`debian@sha512:${"0".repeat(128)}`, /sha256 digest/],
  ["debian@", /sha256 digest/],
  ["-debian", /not a repository name/],
  ["debian-", /not a repository name/],
  ["a..b", /not a repository name/],
  ["a___b", /not a repository name/],
  ["a//b", /not a repository name/],
  ["/debian", /not a repository name/],
  ["../debian", /host name/],
  ["./debian", /host name/],
  ["host:port/x", /host name/],
  ["host:99999/x", /not a port/],
  ["-host.example/x", /host name/],
  ["user:pw@host/x", /sha256 digest/],
  ["debian ", /not a repository name/],
  ["a".repeat(256), /255/],
  ["a\n", /not a repository name/],
];

t.test("what is no image name is refused with its reason", (t) => {
  for (const [text, reason] of refused)
    t.throws(
      () => parseReference(text),
      { code: "reference-invalid", message: reason },
      JSON.stringify(text.slice(0, 40)),
    );
  t.end();
});

t.test("an upper-case name comes with the name to write", (t) => {
  t.throws(() => parseReference("MyApp:1"), { code: "reference-invalid", hint: 'write "library/myapp"' });
  t.end();
});

t.test("familiar names leave out what docker fills in", (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["docker.io/library/debian", "debian", "debian:latest"],
    ["docker.io/user/app:1", "user/app", "user/app:1"],
    ["localhost:5000/debian", "localhost:5000/debian", "localhost:5000/debian:latest"],
    ["docker.io/library/a/b", "library/a/b", "library/a/b:latest"],
    [`docker.io/library/debian@${digest}`, "debian", `debian@${digest}`],
    ["docker.io/foo.example/bar", "docker.io/foo.example/bar", "docker.io/foo.example/bar:latest"],
    ["docker.io/index.docker.io/bar", "docker.io/index.docker.io/bar", "docker.io/index.docker.io/bar:latest"],
  ];
  for (const [text, name, whole] of cases) {
    t.equal(familiarName(parseReference(text)), name);
    t.equal(familiarReference(parseReference(text)), whole);
  }
  t.end();
});

const component = fc.stringMatching(/^[a-z0-9]{1,4}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
const registry = fc.oneof(
  fc.constantFrom("docker.io", "localhost", "127.0.0.1:5000", "[::1]:80"),
  fc.stringMatching(/^[a-z0-9]{1,5}\.[a-z]{2,4}(:[1-9][0-9]{0,3})?$/),
);
const tag = fc.stringMatching(/^\w[\w.-]{0,12}$/);
const hash = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`);
const suffix = fc.oneof(
  tag.map((x) => `:${x}`),
  hash.map((x) => `@${x}`),
  fc.tuple(tag, hash).map(([x, y]) => `:${x}@${y}`),
);
const reference = fc
  .tuple(registry, fc.array(component, { minLength: 1, maxLength: 4 }), suffix)
  .map(([host, path, end]): Reference => parseReference(`${host}/${path.join("/")}${end}`));

t.test("a reference is the same after formatting and parsing, in full and in short", (t) => {
  fc.assert(
    fc.property(reference, (ref) => {
      t.strictSame(parseReference(formatReference(ref)), ref);
      t.strictSame(parseReference(familiarReference(ref)), ref);
    }),
  );
  t.end();
});

t.test("any text gives a reference or an error with the one code", (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      try {
        formatReference(parseReference(text));
      } catch (error) {
        t.match(error, { code: "reference-invalid" });
      }
    }),
  );
  t.end();
});
