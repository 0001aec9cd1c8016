import t from "tap";
import { gitAuthorization, httpAuthorization, withoutSecrets } from "../../src/fetch/authorization.ts";
import { parseGitLocation } from "../../src/location/git-location.ts";

const secretsOf = (values: Readonly<Record<string, string>>): ReadonlyMap<string, Buffer> =>
  new Map(Object.entries(values).map(([id, value]) => [id, Buffer.from(value)]));
const basic = (login: string): string => `Basic ${Buffer.from(login).toString("base64")}`;

function git(url: string, secrets: Readonly<Record<string, string>>): unknown {
  const location = parseGitLocation(url);
  return location === undefined ? "no git" : gitAuthorization(location, secretsOf(secrets));
}

t.test("the secret of a host goes before that of all hosts, and a header before a token", (t) => {
  const url = "https://git.example:8443/a/b.git#main";
  const all = { GIT_AUTH_TOKEN: "t", GIT_AUTH_HEADER: "h", "GIT_AUTH_TOKEN.git.example:8443": "T\n" };
  const own = "https://git.example:8443/a/b.git";
  t.strictSame(git(url, { GIT_AUTH_TOKEN: "t" }), { scope: own, value: basic("x-access-token:t") });
  t.strictSame(git(url, { GIT_AUTH_TOKEN: "t", GIT_AUTH_HEADER: "Bearer h" }), { scope: own, value: "Bearer h" });
  t.strictSame(git(url, all), { scope: "https://git.example:8443/", value: basic("x-access-token:T") });
  t.match(git(url, { ...all, "GIT_AUTH_HEADER.git.example:8443": "H" }), { value: "H" });
  t.equal(git(url, { "GIT_AUTH_TOKEN.git.example": "t", "GIT_AUTH_TOKEN.other": "t" }), undefined);
  t.match(git("https://github.com/a/b.git", { GIT_AUTH_TOKEN: "t" }), { scope: "https://github.com/" });
  t.match(git("https://u:p%40@h/b.git", {}), { scope: "https://h/", value: basic("u:p@") });
  t.match(git("https://u:p@h/b.git", { GIT_AUTH_HEADER: "H" }), { value: "H" });
  t.equal(git("ssh://git@h/b.git", { GIT_AUTH_TOKEN: "t" }), undefined);
  t.equal(git(url, { GIT_AUTH_TOKEN: "" }), undefined, "an empty one is none");
  t.end();
});

t.test("a URL takes the secrets of its host without the port, a token before a header", (t) => {
  const http = (url: string, secrets: Readonly<Record<string, string>>): unknown =>
    httpAuthorization(new URL(url), secretsOf(secrets));
  t.strictSame(http("https://h:8443/x", { HTTP_AUTH_TOKEN_h: "t" }), { authorization: "Bearer t" });
  t.strictSame(http("https://h/x", { HTTP_AUTH_HEADER_h: "Basic x\n" }), { authorization: "Basic x" });
  t.strictSame(http("https://h/x", { HTTP_AUTH_HEADER_h: "x", HTTP_AUTH_TOKEN_h: "t" }), { authorization: "Bearer t" });
  t.strictSame(http("https://u:p@h/x", { HTTP_AUTH_TOKEN_other: "t" }), { authorization: basic("u:p") });
  t.strictSame(http("https://h/x", {}), {});
  t.end();
});

t.test("a secret that is no header is refused without being shown", (t) => {
  for (const value of ["two\nlines-hunter2", "hunter2\u00e9"])
    t.throws(() => httpAuthorization(new URL("https://h/"), secretsOf({ HTTP_AUTH_TOKEN_h: value })), {
      code: "secret-invalid",
      message: /^(?!.*hunter2).*HTTP_AUTH_TOKEN_h/,
    });
  t.end();
});

t.test("what a server says back is shown without the secret that it was told", (t) => {
  const value = basic("x-access-token:hunter2");
  const said = `remote: no hunter2 for x-access-token:hunter2, ${value}`;
  t.equal(withoutSecrets(said, { scope: "", value }), "remote: no *** for ***, Basic ***");
  t.equal(withoutSecrets("remote: no hunter2", { scope: "", value: "Bearer hunter2" }), "remote: no ***");
  t.equal(withoutSecrets("remote: no hunter2", { scope: "", value: "hunter2" }), "remote: no ***");
  t.equal(withoutSecrets("as it is", undefined), "as it is");
  t.end();
});
