import t from "tap";
import { readOne } from "./read-one.ts";

t.test("a flag is refused by name when it is unknown, doubled, without its value or with a wrong one", (t) => {
  t.throws(() => readOne("RUN --netwrok=none a"), {
    code: "flag-unknown",
    message: "Dockerfile:2: unknown flag --netwrok of RUN (did you mean --network?)",
  });
  t.throws(() => readOne("CMD --x a"), { code: "flag-unknown", hint: "CMD takes no flags" });
  t.throws(() => readOne("COPY --from=a --from=b c d"), { code: "flag-invalid", message: /twice/ });
  t.throws(() => readOne("COPY --from c d"), { code: "flag-invalid", message: /needs a value/ });
  t.throws(() => readOne("COPY --link=1 c d"), { code: "flag-invalid", message: /true or false/ });
  t.throws(() => readOne("COPY --link= c d"), { code: "flag-invalid" });
  t.end();
});

t.test("the error lies on the line of the flag, not of the instruction", (t) => {
  t.throws(() => readOne("COPY --chown=1 \\\n  --form=x a b"), { message: /^Dockerfile:3: / });
  t.end();
});
