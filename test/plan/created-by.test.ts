import t from "tap";
import {
  argCreatedBy,
  commandCreatedBy,
  copyCreatedBy,
  healthcheckCreatedBy,
  listCreatedBy,
  pairsCreatedBy,
  runCreatedBy,
} from "../../src/plan/created-by.ts";

t.test("history entries look as BuildKit writes them", (t) => {
  t.equal(runCreatedBy(["/bin/sh", "-c", "echo"], []), "RUN /bin/sh -c echo # buildkit");
  t.equal(runCreatedBy(["/bin/sh", "-c", "echo"], ["A=1", "B="]), "RUN |2 A=1 B= /bin/sh -c echo # buildkit");
  const copied = { keyword: "COPY", parents: false, sources: ["a", "b"], inline: [], destination: "c/" } as const;
  t.equal(copyCreatedBy(copied), "COPY a b c/ # buildkit");
  t.equal(
    copyCreatedBy({ ...copied, parents: true, owner: "1", mode: "755", inline: ["EOF"] }),
    "COPY --parents --chown=1 --chmod=755 a b <<EOF c/ # buildkit",
  );
  t.equal(copyCreatedBy({ ...copied, keyword: "ADD" }), "ADD a b c/ # buildkit");
  t.equal(pairsCreatedBy("ENV", [{ key: "A", value: "x y" }, { key: "B", value: "" }]), "ENV A=x y B="); // prettier-ignore
  t.equal(argCreatedBy([{ name: "A", value: undefined }, { name: "B", value: "" }]), "ARG A B="); // prettier-ignore
  t.equal(commandCreatedBy("CMD", ["a", "b"]), 'CMD ["a" "b"]');
  t.equal(commandCreatedBy("ENTRYPOINT", []), "ENTRYPOINT []");
  t.equal(listCreatedBy("EXPOSE", ["80/tcp"]), "EXPOSE [80/tcp]");
  t.equal(listCreatedBy("VOLUME", ["/x", "/y"]), "VOLUME [/x /y]");
  t.equal(
    healthcheckCreatedBy({ Test: ["CMD-SHELL", "x y"], Interval: 5e9, Retries: 3 }),
    "HEALTHCHECK {Test:[CMD-SHELL x y] Interval:5s Timeout:0s StartPeriod:0s StartInterval:0s Retries:3}",
  );
  t.end();
});
