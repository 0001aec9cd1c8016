/** `npm run bench [-- SCENARIO] [FLAGS]`: see docs/benchmarks.md. */
const scenarios: Readonly<Record<string, () => Promise<unknown>>> = {
  builds: () => import("./builds.ts"),
  parse: () => import("./parse.ts"),
  ignore: () => import("./ignore.ts"),
  layers: () => import("./layers.ts"),
  solve: () => import("./solve.ts"),
  growth: () => import("./growth.ts"),
  packages: () => import("./packages.ts"),
  places: () => import("./places.ts"),
};

const [first = "builds"] = process.argv.slice(2);
const name = first.startsWith("-") ? "builds" : first;
const scenario = scenarios[name];
if (scenario === undefined) throw new Error(`unknown scenario ${name}: ${Object.keys(scenarios).join(", ")}`);
await scenario();
