import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startBasesWithDebian } from "../support/bases.ts";
import { project } from "../support/project.ts";
import { giveTo, mayBeRoot, startAsUser, type UserName } from "../support/users.ts";

/** Asks an agent for its keys, then to forget them all; prints the types of its answers. */
const client = `
use IO::Socket::UNIX;
my $agent = IO::Socket::UNIX->new($ENV{SSH_AUTH_SOCK}) or die "no agent: $!";
for my $request (11, 19, 11) {
  print $agent pack("NC", 1, $request);
  $agent->flush;
  read($agent, my $length, 4);
  read($agent, my $answer, unpack("N", $length));
  print "request $request: ", ord($answer), ($answer =~ /the-test-key/ ? " with the key" : ""), "\\n";
}
`;

t.test("a step lists the keys of an agent, but cannot take them away", async (t) => {
  const { debian } = await startBasesWithDebian(t);
  // Each user and each sandbox once, in the other pairs than test/build/run-mounts.
  const pairs: readonly (readonly [UserName, string])[] = mayBeRoot(t)
    ? [
        ["self", "bwrap"],
        ["ocib-subids", "chroot"],
      ]
    : [["self", "chroot"]];
  for (const [as, isolation] of pairs)
    await t.test(`as ${as} in ${isolation}`, async (t) => {
      const mount = "--mount=type=ssh,required --mount=type=ssh,id=other,target=/other,uid=1000";
      const p = project(
        t,
        {
          "client.pl": client,
          Dockerfile: `FROM ${debian}
RUN ${mount} --mount=target=/c ls -ln $SSH_AUTH_SOCK | cut -c 1-20 && perl /c/client.pl
USER 1000
RUN ${mount} --mount=target=/c SSH_AUTH_SOCK=/other perl /c/client.pl && test ! -r /run/buildkit/ssh_agent.0
`,
        },
        as,
      );
      const key = join(p.store, "../key");
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "the-test-key", "-f", key]);
      giveTo(as, key);
      const args = ["--no-cache", "--isolation", isolation, "--ssh", `other=${key}`];
      const answers = "request 11: 12 with the key\nrequest 19: 5\nrequest 11: 12 with the key\n";

      const own = await p.build([...args, "--ssh", `default=${key}`]);
      t.equal(own.code, 0, own.stderr);
      const printed = own.stderr.replace(/^#\d+ \d+\.\d+ /gm, "");
      t.match(printed, "srw------- 1 0 0");
      t.equal(printed.split(answers).length, 3, printed);
      const agents = (): string => execFileSync("ps", ["axww", "-o", "args"], { encoding: "utf8" });
      t.notMatch(agents(), /ssh-agent -a .*oci-build-ssh-/, "the agents have ended");
      t.notOk(own.stderr.includes(readFileSync(key, "utf8").split("\n")[1] ?? ""));

      const socket = join(p.store, "../agent");
      const agent = startAsUser(as, ["ssh-agent", "-D", "-a", socket]);
      t.teardown(() => agent.child.kill());
      for (;;) {
        const added = await startAsUser(as, ["ssh-add", "-q", key], { env: { SSH_AUTH_SOCK: socket } }).ended;
        if (added.code === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const theirs = await p.build([...args, "--ssh", "default"], { env: { SSH_AUTH_SOCK: socket } });
      t.equal(theirs.code, 0, theirs.stderr);
      t.equal(theirs.stderr.replace(/^#\d+ \d+\.\d+ /gm, "").split(answers).length, 3);

      const encrypted = join(p.store, "../encrypted");
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "hunter2", "-f", encrypted]);
      giveTo(as, encrypted);
      const refused = await p.build([...args, "--ssh", `default=${encrypted}`]);
      t.equal(refused.code, 1);
      t.match(refused.stderr, /is no private key that can be used without a passphrase/);
      const absent = await p.build([...args, "--ssh", "default"], { env: { SSH_AUTH_SOCK: "" } });
      t.match(absent.stderr, /--ssh default: SSH_AUTH_SOCK is not set/);
    });
});
