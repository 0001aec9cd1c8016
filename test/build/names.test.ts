import t from "tap";
import { startBases } from "../support/bases.ts";
import { layerEntries } from "../support/layers.ts";
import { project, stepsWith } from "../support/project.ts";
import { mayBeRoot } from "../support/users.ts";

t.test("--add-host, --dns and their like", async (t) => {
  const { busybox } = await startBases(t);
  const port = /:(\d+)/.exec(busybox)?.[1];
  const p = project(t, {}, mayBeRoot(t) ? "ocib-subids" : "self");
  const dockerfile = (run: string): void => p.write({ Dockerfile: `FROM ${busybox}\nRUN ${run}\n` });

  for (const isolation of ["bwrap", "chroot"])
    await t.test(`reach a RUN in ${isolation}, and not its layer`, async (t) => {
      dockerfile(
        `cat /etc/hosts /etc/resolv.conf; wget -q -O /dev/null http://here:${port}/v2/ && echo reached; touch /made`,
      );
      const layout = `${p.context}/../layout-${isolation}`;
      const hosts = "--add-host db:192.0.2.7 --add-host six=[2001:db8::7] --add-host here:host-gateway";
      const dns = "--dns 192.0.2.53 --dns-search corp.example --dns-option ndots:3";
      const flags = `--isolation ${isolation} --no-cache -o oci:${layout} ${hosts} ${dns}`.split(" ");
      const { code, stderr } = await p.build(flags);
      t.equal(code, 0, stderr);
      t.match(
        stderr.replaceAll(/^#\d+ [\d.]+ /gm, ""),
        /^192\.0\.2\.7\tdb\n2001:db8::7\tsix\n127\.0\.0\.1\there\n(?:.*\n)*nameserver 192\.0\.2\.53\nsearch corp\.example\noptions ndots:3\nreached$/m,
      );
      const made = Object.keys(await layerEntries(layout));
      t.ok(made.includes("made"), String(made));
      t.notOk(made.includes("etc/hosts") || made.includes("etc/resolv.conf"), String(made));
    });

  await t.test("a name counts in the cache key; its address and the name servers do not, as in BuildKit", async (t) => {
    dockerfile("grep -c db /etc/hosts || true");
    const cached = async (...flags: string[]): Promise<boolean> => {
      const { code, stderr } = await p.build(flags);
      t.equal(code, 0, stderr);
      return stepsWith("CACHED", stderr).some((title) => title.includes("RUN"));
    };
    t.notOk(await cached("--add-host", "db:192.0.2.7"));
    t.ok(await cached("--add-host", "db:192.0.2.8", "--dns", "192.0.2.53"), "another address");
    t.notOk(await cached("--add-host", "db2:192.0.2.7"), "another name");
    t.notOk(await cached(), "no name");
    t.ok(await cached("--dns-search", "corp.example"), "a search domain");
    const explained = await p.build(["--add-host", "db3:192.0.2.7", "--explain-cache"]);
    t.match(explained.stderr, /its list of extra hosts is \["db3"\]/);
  });

  await t.test("and a process of `oci-build run`", async (t) => {
    await p.build(["-t", "app"]);
    const line = "--add-host db:192.0.2.7 --dns 192.0.2.53 app cat /etc/hosts /etc/resolv.conf";
    const { stdout, stderr } = await p.command("run", line.split(" "));
    t.match(stdout, /^192\.0\.2\.7\tdb$/m, stderr);
    t.match(stdout, /^nameserver 192\.0\.2\.53$/m);
  });
});
