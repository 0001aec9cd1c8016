// Exit code 0 when node_modules holds what package-lock.json asks for. Packages for other platforms may be absent.
import { existsSync, readFileSync } from "node:fs";

const wanted = read("package-lock.json");
const installed = existsSync("node_modules/.package-lock.json") ? read("node_modules/.package-lock.json") : {};
const current = Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
  if (path === "") return true;
  const found = installed[path];
  return found === undefined ? optional === true : found.version === version && found.integrity === integrity;
});
process.exitCode = current ? 0 : 1;

function read(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}
