import t from "tap";
import { readOne } from "./read-one.ts";

t.test("a single argument is all that follows", (t) => {
  t.match(readOne("WORKDIR /a b "), { path: "/a b" });
  t.match(readOne("USER u:g"), { user: "u:g" });
  t.match(readOne("STOPSIGNAL SIGINT"), { signal: "SIGINT" });
  t.match(readOne("MAINTAINER A B <c>"), { author: "A B <c>" });
  for (const keyword of ["WORKDIR", "USER", "STOPSIGNAL", "MAINTAINER", "EXPOSE", "VOLUME"])
    t.throws(() => readOne(keyword), { code: "argument-invalid" }, keyword);
  t.end();
});

t.test("EXPOSE and VOLUME take lists", (t) => {
  t.match(readOne("EXPOSE 90 80/tcp $P"), { ports: ["$P", "80/tcp", "90"] }, "sorted, as the history shows them");
  t.match(readOne('VOLUME ["/a b"]'), { paths: ["/a b"] });
  t.match(readOne("VOLUME /a  /b"), { paths: ["/a", "/b"] });
  t.throws(() => readOne('VOLUME [" "]'), { code: "argument-invalid" });
  t.end();
});
