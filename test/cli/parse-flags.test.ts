import t from "tap";
import { parseFlags } from "../../src/cli/parse-flags.ts";

const grammar = {
  flags: {
    file: { type: "string", short: "f", value: "FILE", help: "" },
    tag: { type: "list", short: "t", value: "NAME", help: "" },
    output: { type: "list", short: "o", value: "OUTPUT", help: "" },
    "no-cache": { type: "bool", help: "" },
    quiet: { type: "bool", short: "q", help: "" },
    pull: { type: "optional", short: "p", bare: "always", choices: ["always", "never"], help: "" },
    progress: { type: "choice", choices: ["auto", "plain"], default: "auto", env: "PROGRESS", help: "" },
    root: { type: "string", value: "DIR", env: "ROOT", help: "" },
    debug: { type: "bool", env: "DEBUG", help: "" },
  },
  refused: { secret: "is not supported yet", "-v": "is not supported either" },
  interspersed: true,
} as const;

const defaults = {
  file: undefined,
  tag: [],
  output: [],
  "no-cache": false,
  quiet: false,
  pull: undefined,
  progress: "auto",
  root: undefined,
  debug: false,
};

function parse(line: string, env: NodeJS.ProcessEnv = {}): unknown {
  return parseFlags(line.split(" ").filter(Boolean), grammar, env);
}

t.test("a command line means what docker's would mean", (t) => {
  const cases: Readonly<Record<string, readonly [given: object, positionals: readonly string[]]>> = {
    "": [{}, []],
    ".": [{}, ["."]],
    "--pull .": [{ pull: "always" }, ["."]],
    "--pull=never .": [{ pull: "never" }, ["."]],
    "--no-cache .": [{ "no-cache": true }, ["."]],
    "--no-cache=false .": [{}, ["."]],
    "--no-cache=T --no-cache=0": [{}, []],
    "--no-cache=0 --no-cache=t": [{ "no-cache": true }, []],
    "-qt x .": [{ quiet: true, tag: ["x"] }, ["."]],
    "-tx": [{ tag: ["x"] }, []],
    "-t=x": [{ tag: ["x"] }, []],
    "-tq x": [{ tag: ["q"] }, ["x"]],
    "-q=false": [{}, []],
    "-pq": [{ pull: "always", quiet: true }, []],
    "-o-": [{ output: ["-"] }, []],
    "-o -": [{ output: ["-"] }, []],
    "-o=": [{ output: ["="] }, []],
    "- -o - -": [{ output: ["-"] }, ["-", "-"]],
    "--tag a --tag=b -t c": [{ tag: ["a", "b", "c"] }, []],
    "--file a --file b": [{ file: "b" }, []],
    "--file= .": [{ file: "" }, ["."]],
    "--file a=b": [{ file: "a=b" }, []],
    "--file=a=b": [{ file: "a=b" }, []],
    "--file --quiet": [{ file: "--quiet" }, []],
    "--file -- x": [{ file: "--" }, ["x"]],
    "-q -- -q --file": [{ quiet: true }, ["-q", "--file"]],
    ". -q x": [{ quiet: true }, [".", "x"]],
    "--progress plain": [{ progress: "plain" }, []],
  };
  for (const [line, [given, positionals]] of Object.entries(cases))
    t.same(parse(line), { flags: { ...defaults, ...given }, positionals }, line);
  t.end();
});

t.test("a wrong command line is refused with a sentence", (t) => {
  const cases: Readonly<Record<string, readonly [message: string, hint?: string]>> = {
    "--file": ["--file needs a value"],
    "-f": ["-f needs a value"],
    "-qf": ["-f needs a value"],
    "--tga x": ["unknown flag --tga", "did you mean --tag?"],
    "--nocache": ["unknown flag --nocache", "did you mean --no-cache?"],
    "--zzz": ["unknown flag --zzz"],
    "--=x": ["unknown flag --"],
    "--constructor": ["unknown flag --constructor"],
    "-x": ["unknown flag -x"],
    "-qx": ["unknown flag -x in -qx"],
    "-quiet": ["unknown flag -u in -quiet", "did you mean --quiet?"],
    "--secret id=x": ["--secret is not supported yet"],
    "--secret=id=x": ["--secret is not supported yet"],
    "-v /a:/b": ["-v is not supported either"],
    "--no-cache=maybe": ['--no-cache: "maybe" is neither true nor false'],
    "--no-cache=maybe --no-cache": ['--no-cache: "maybe" is neither true nor false'],
    "--progress fancy": ['--progress: "fancy" is not one of auto, plain'],
    "--pull=sometimes": ['--pull: "sometimes" is not one of always, never'],
  };
  for (const [line, [message, hint]] of Object.entries(cases))
    t.throws(() => parse(line), { code: "usage", message, hint }, line);
  t.end();
});

t.test("flags end at the first positional where they should", (t) => {
  const { positionals, flags } = parseFlags(
    ["-q", "image", "-q", "--file", "--", "x"],
    { ...grammar, interspersed: false },
    {},
  );
  t.same(positionals, ["image", "-q", "--file", "--", "x"]);
  t.equal(flags.quiet, true);
  t.equal(flags.file, undefined);
  t.same(parseFlags(["--", "-q", "x"], { ...grammar, interspersed: false }, {}).positionals, ["-q", "x"]);
  t.end();
});

t.test("variables stand in for flags that are not given, or given with their default", (t) => {
  const env = { PROGRESS: "plain", ROOT: "/store", DEBUG: "1" };
  t.match(parse("", env), { flags: { progress: "plain", root: "/store", debug: true } });
  t.match(parse("--progress auto --root /other --debug=false", env), {
    flags: { progress: "plain", root: "/other", debug: false },
  });
  t.match(parse("", { PROGRESS: "", ROOT: "", DEBUG: "" }), { flags: defaults });
  t.throws(() => parse("", { PROGRESS: "rawjson" }), { message: 'PROGRESS: "rawjson" is not one of auto, plain' });
  t.end();
});
