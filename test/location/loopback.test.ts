import t from "tap";
import { isLoopback } from "../../src/location/loopback.ts";

t.test("only this machine is loopback", (t) => {
  for (const host of [
    "localhost",
    "localhost:5000",
    "LOCALHOST",
    "127.0.0.1",
    "127.255.0.9:5000",
    "[::1]",
    "[::1]:5000",
  ])
    t.equal(isLoopback(host), true, host);
  for (const host of [
    "localhost.example",
    "127.0.0.1.example",
    "128.0.0.1",
    "[::2]",
    "0.0.0.0",
    "10.0.0.1",
    "example:5000",
  ])
    t.equal(isLoopback(host), false, host);
  t.end();
});
