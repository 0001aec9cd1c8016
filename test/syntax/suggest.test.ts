import t from "tap";
import { didYouMean, suggest } from "../../src/syntax/suggest.ts";

t.test("the nearest option within two edits is suggested", (t) => {
  const options = ["RUN", "FROM", "COPY", "ENV", "ENTRYPOINT"];
  t.equal(suggest("RNU", options), "RUN");
  t.equal(suggest("form", options), "FROM");
  t.equal(suggest("ENTRPOINT", options), "ENTRYPOINT");
  t.equal(suggest("CPY", options), "COPY");
  t.equal(suggest("SOMETHING", options), undefined);
  t.equal(suggest("RUN", options), undefined, "the word itself is no suggestion");
  t.equal(suggest("x", []), undefined);
  t.end();
});

t.test("the suggestion reads as a question behind the message", (t) => {
  t.equal(didYouMean("tset", ["build", "test"]), " (did you mean test?)");
  t.equal(didYouMean("nothing", ["build", "test"]), "");
  t.end();
});
