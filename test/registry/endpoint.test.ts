import t from "tap";
import { hostOf } from "../../src/registry/endpoint.ts";

t.test("docker.io is served elsewhere", (t) => {
  t.equal(hostOf("docker.io"), "registry-1.docker.io");
  t.equal(hostOf("registry.example:5000"), "registry.example:5000");
  t.end();
});
