import type { CheckingOptions } from "./check-text.ts";

/** A Dockerfile that a rule has something to say about, or nothing. */
export interface Row extends CheckingOptions {
  readonly title: string;
  readonly text: string;
  /** What is found, `LINE RULE: MESSAGE` each; all of it. */
  readonly finds: readonly string[];
}

const one = "ARG base=busybox\n";

/** For each rule, in both directions: what it tells and what it leaves alone. */
export const rows: readonly Row[] = [
  {
    title: "StageNameCasing tells of a stage with capitals",
    text: "FROM scratch AS BuilderBase\n",
    finds: ["1 StageNameCasing: Stage name 'BuilderBase' should be lowercase"],
  },
  { title: "StageNameCasing leaves small letters alone", text: "FROM scratch AS builder-base\n", finds: [] },
  {
    title: "FromAsCasing tells of a small as behind a capital FROM",
    text: "FROM scratch as base\n",
    finds: ["1 FromAsCasing: 'as' and 'FROM' keywords' casing do not match"],
  },
  {
    title: "FromAsCasing tells of a capital AS behind a small from",
    text: "from scratch AS base\n",
    finds: ["1 FromAsCasing: 'AS' and 'from' keywords' casing do not match"],
  },
  { title: "FromAsCasing leaves from … as alone", text: "from scratch as base\n", finds: [] },
  {
    title: "FromAsCasing leaves a mixed From to ConsistentInstructionCasing",
    text: "From scratch as base\nFROM scratch AS other\n",
    finds: ["1 ConsistentInstructionCasing: Command 'From' should match the case of the command majority (uppercase)"],
  },
  {
    title: "NoEmptyContinuation tells of blank lines once for an instruction",
    text: "FROM scratch\nCOPY a \\\n\n\n/b\nCOPY a \\\n/c\n",
    finds: ["3 NoEmptyContinuation: Empty continuation line"],
  },
  {
    title: "NoEmptyContinuation leaves a comment inside a continuation alone",
    text: "FROM scratch\nCOPY a \\\n# why\n/b\n",
    finds: [],
  },
  {
    title: "ConsistentInstructionCasing tells of the one that differs from the majority",
    text: "FROM scratch\nCOPY a /\ncopy b /\n",
    finds: ["3 ConsistentInstructionCasing: Command 'copy' should match the case of the command majority (uppercase)"],
  },
  {
    title: "ConsistentInstructionCasing goes by small letters where they are more",
    text: "from scratch\ncopy a /\nCOPY b /\nCopy c /\n",
    finds: [
      "3 ConsistentInstructionCasing: Command 'COPY' should match the case of the command majority (lowercase)",
      "4 ConsistentInstructionCasing: Command 'Copy' should match the case of the command majority (lowercase)",
    ],
  },
  { title: "ConsistentInstructionCasing leaves all small alone", text: "from scratch\ncopy a /\n", finds: [] },
  {
    title: "ConsistentInstructionCasing does not look into heredocs",
    text: "FROM scratch\nRUN <<'EOT'\nenv\nEOT\n",
    finds: [],
  },
  {
    title: "DuplicateStageName tells of the second, in any case",
    text: "FROM scratch AS b\nFROM scratch AS b\n",
    finds: ['2 DuplicateStageName: Duplicate stage name "b", stage names should be unique'],
  },
  { title: "DuplicateStageName leaves two names alone", text: "FROM scratch AS a\nFROM scratch AS b\n", finds: [] },
  {
    title: "ReservedStageName tells of scratch and context",
    text: "FROM scratch AS scratch\nFROM busybox AS context\n",
    finds: [
      '1 ReservedStageName: Stage name should not use the same name as reserved stage "scratch"',
      '2 ReservedStageName: Stage name should not use the same name as reserved stage "context"',
    ],
  },
  { title: "ReservedStageName leaves FROM scratch alone", text: "FROM scratch\nFROM scratch AS a\n", finds: [] },
  {
    title: "JSONArgsRecommended tells of shell forms",
    text: "FROM scratch\nCMD a\nENTRYPOINT b\n",
    finds: [
      "2 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals",
      "3 JSONArgsRecommended: JSON arguments recommended for ENTRYPOINT to prevent unintended behavior related to OS signals",
    ],
  },
  { title: "JSONArgsRecommended leaves the JSON form alone", text: 'FROM scratch\nCMD ["a"]\n', finds: [] },
  {
    title: "JSONArgsRecommended takes a SHELL as wanted, also that of the stage below",
    text: 'FROM scratch AS a\nSHELL ["/x"]\nCMD a\nFROM a\nENTRYPOINT b\n',
    finds: [],
  },
  {
    title: "JSONArgsRecommended takes a base image's SHELL as wanted",
    text: "FROM shelly\nCMD a\n",
    images: { shelly: { Shell: ["/bin/ash", "-c"] } },
    finds: [],
  },
  {
    title: "MaintainerDeprecated tells of MAINTAINER",
    text: "FROM scratch\nMAINTAINER me@example.org\n",
    finds: ["2 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label"],
  },
  {
    title: "MaintainerDeprecated leaves a label alone",
    text: 'FROM scratch\nLABEL org.opencontainers.image.authors="me"\n',
    finds: [],
  },
  {
    title: "UndefinedArgInFrom tells of a misspelt platform argument",
    text: "FROM --platform=$BULIDPLATFORM scratch\n",
    finds: ["1 UndefinedArgInFrom: FROM argument 'BULIDPLATFORM' is not declared (did you mean BUILDPLATFORM?)"],
  },
  {
    title: "UndefinedArgInFrom tells of an argument in the name that nothing declares",
    text: `ARG tag=latest\nFROM busybox:\${tag}\${version} AS b\n`,
    finds: ["2 UndefinedArgInFrom: FROM argument 'version' is not declared"],
  },
  {
    title: "UndefinedArgInFrom leaves declared arguments without a value alone",
    text: "ARG DEBUG\nFROM scra${DEBUG:-tch}\nFROM --platform=$BUILDPLATFORM scratch\n",
    finds: [],
  },
  {
    title: "WorkdirRelativePath tells of a first WORKDIR that is relative",
    text: "FROM busybox\nWORKDIR app/\nWORKDIR more\n",
    images: { busybox: { WorkingDir: "/base" } },
    finds: ['2 WorkdirRelativePath: Relative workdir "app/" can have unexpected results if the base image changes'],
  },
  {
    title: "WorkdirRelativePath leaves a relative one behind an absolute one alone, also in the stage below",
    text: "FROM scratch AS a\nENV HOME=/app\nWORKDIR $HOME\nFROM a AS b\nWORKDIR sub/\n",
    finds: [],
  },
  {
    title: "UndefinedVar tells of variables before their ARG",
    text: `${one}FROM $base\nCOPY $foo .\nARG foo=bar\nCOPY $foo .\n`,
    finds: ["3 UndefinedVar: Usage of undefined variable '$foo'"],
  },
  {
    title: "UndefinedVar suggests a variable that is defined",
    text: "FROM busybox\nARG DIR_ASSETS=a/\nCOPY $DIR_ASSET .\nENV PATH=$PAHT:/bin\n",
    images: { busybox: { Env: ["PATH=/bin"] } },
    finds: [
      "3 UndefinedVar: Usage of undefined variable '$DIR_ASSET' (did you mean $DIR_ASSETS?)",
      "4 UndefinedVar: Usage of undefined variable '$PAHT' (did you mean $PATH?)",
    ],
  },
  {
    title: "UndefinedVar looks into WORKDIR, LABEL, EXPOSE, flags, mounts and heredocs that are expanded",
    text: "FROM scratch\nWORKDIR /$a\nLABEL x=$b\nEXPOSE ${c}\nCOPY --chown=$d x /\nRUN --mount=type=cache,target=/$e true\nCOPY <<E /f\n$f\nE\n",
    finds: ["a", "b", "c", "d", "e", "f"].map(
      (name, index) => `${index + 2} UndefinedVar: Usage of undefined variable '$${name}'`,
    ),
  },
  {
    title: "UndefinedVar leaves alone what the shell expands, quoted heredocs, and what is escaped",
    text: "FROM scratch\nRUN echo $x\nCMD [\"$y\"]\nCOPY <<'E' /f\n$z\nE\nENV a=\\$b c='$d'\n",
    finds: [],
  },
  {
    title: "UndefinedVar leaves ARGs without a value, the base's ENV, and the stage below's alone",
    text: "FROM busybox AS base\nARG foo\nENV bar=1\nCOPY a$foo$LANG /\nFROM base\nCOPY $foo$bar$LANG /\n",
    images: { busybox: { Env: ["LANG=C"] } },
    finds: [],
  },
  {
    title: "UndefinedVar points at the line of the variable, also of one of the shell's own",
    text: "FROM scratch\nLABEL a=1 \\\n  b=$ab${abc} c=$@\n",
    finds: ["ab", "abc", "@"].map((name) => `3 UndefinedVar: Usage of undefined variable '$${name}'`),
  },
  {
    title: "UndefinedVar leaves alone what ONBUILD triggers define",
    text: "FROM busybox AS base\nONBUILD ARG own=1\nFROM base\nCOPY $own /\nFROM triggers\nCOPY $theirs /\n",
    images: { triggers: { OnBuild: ["ENV theirs=1"] } },
    finds: [],
  },
  {
    title: "UndefinedVar says nothing where the base image could not be had",
    text: "FROM busybox\nCOPY $foo /\nFROM scratch\nCOPY $bar /\n",
    offline: true,
    finds: ["4 UndefinedVar: Usage of undefined variable '$bar'"],
  },
  {
    title: "MultipleInstructionsDisallowed tells of those that do not count",
    text: 'FROM scratch\nENTRYPOINT ["/a"]\nCMD ["/a"]\nHEALTHCHECK CMD ["/a"]\nENTRYPOINT ["/b"]\nCMD ["/b"]\nHEALTHCHECK NONE\n',
    finds: ["ENTRYPOINT", "CMD", "HEALTHCHECK"].map(
      (name, index) =>
        `${index + 2} MultipleInstructionsDisallowed: Multiple ${name} instructions should not be used in the same stage because only the last one will be used`,
    ),
  },
  {
    title: "MultipleInstructionsDisallowed leaves one in each stage alone",
    text: 'FROM scratch AS a\nCMD ["/a"]\nFROM a\nCMD ["/b"]\n',
    finds: [],
  },
  {
    title: "LegacyKeyValueFormat tells of blanks between name and value",
    text: "FROM scratch\nENV name some value\nLABEL name value\n",
    finds: [
      '2 LegacyKeyValueFormat: "ENV key=value" should be used instead of legacy "ENV key value" format',
      '3 LegacyKeyValueFormat: "LABEL key=value" should be used instead of legacy "LABEL key value" format',
    ],
  },
  { title: "LegacyKeyValueFormat leaves NAME=VALUE alone", text: "FROM scratch\nENV a=b c='d e'\n", finds: [] },
  {
    title: "InvalidBaseImagePlatform tells of an image for another processor",
    text: "FROM armed\n",
    platforms: { armed: { os: "linux", architecture: "arm64" } },
    finds: [
      '1 InvalidBaseImagePlatform: Base image armed was pulled with platform "linux/arm64", expected "linux/amd64" for current build',
    ],
  },
  {
    title: "InvalidBaseImagePlatform leaves another variant alone",
    text: "ARG P=linux/arm/v7\nFROM --platform=$P armed\n",
    platforms: { armed: { os: "linux", architecture: "arm", variant: "v6" } },
    finds: [],
  },
  {
    title: "RedundantTargetPlatform tells of $TARGETPLATFORM, in both spellings",
    text: "FROM --platform=$TARGETPLATFORM scratch\nFROM --platform=${TARGETPLATFORM} scratch\n",
    finds: ["$TARGETPLATFORM", "${TARGETPLATFORM}"].map(
      (name, index) =>
        `${index + 1} RedundantTargetPlatform: Setting platform to predefined ${name} in FROM is redundant as this is the default behavior`,
    ),
  },
  {
    title: "RedundantTargetPlatform leaves parts of the platform alone",
    text: "FROM --platform=$TARGETOS/$TARGETARCH scratch\nFROM --platform=$BUILDPLATFORM scratch\n",
    finds: [],
  },
  {
    title: "SecretsUsedInArgOrEnv tells of names that say so, in ARG and ENV",
    text: "FROM scratch\nARG SECRET_PASSPHRASE\nENV password=bar secret=baz\nENV git_key= apikey=\nARG auth=x\n",
    finds: [
      '2 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "SECRET_PASSPHRASE")',
      '3 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "password")',
      '3 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "secret")',
      '4 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "git_key")',
      '4 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "apikey")',
      '5 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "auth")',
    ],
  },
  {
    title: "SecretsUsedInArgOrEnv leaves words that only contain one, and public, file and version alone",
    text: "FROM scratch\nENV sunflower=1 PUBLIC_KEY= KEYBOARD=us POSTGRES_PASSWORD_FILE=/x TOKEN_VERSION=2\nARG public_token\n",
    finds: [],
  },
  {
    title: "InvalidDefaultArgInFrom tells of a name that is empty or wrong without build arguments",
    text: 'ARG IMAGE\nARG SFX="box:"\nFROM $IMAGE\nFROM busy${SFX}\nFROM busybox:$TAGLESS\n',
    buildArgs: { IMAGE: "busybox", SFX: "box:latest" },
    finds: [
      "3 InvalidDefaultArgInFrom: Default value for ARG $IMAGE results in empty or invalid base image name",
      "4 InvalidDefaultArgInFrom: Default value for ARG busy${SFX} results in empty or invalid base image name",
      "5 UndefinedArgInFrom: FROM argument 'TAGLESS' is not declared",
      "5 InvalidDefaultArgInFrom: Default value for ARG busybox:$TAGLESS results in empty or invalid base image name",
    ],
  },
  {
    title: "InvalidDefaultArgInFrom leaves a name alone that is good either way",
    text: "ARG VARIANT\nARG VERSION=latest\nFROM busybox:stable${VARIANT}\nFROM busybox:${VERSION}\n",
    buildArgs: { VARIANT: "-musl" },
    finds: [],
  },
  {
    title: "FromPlatformFlagConstDisallowed tells of a fixed platform",
    text: "FROM --platform=linux/amd64 scratch\n",
    finds: ['1 FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/amd64"'],
  },
  {
    title: "FromPlatformFlagConstDisallowed leaves a stage alone that is named after it",
    text: "FROM --platform=linux/amd64 scratch AS my_amd64\nFROM --platform=linux/arm64 scratch AS linux\n",
    finds: [],
  },
  {
    title: "CopyIgnoredFile tells of sources that .dockerignore keeps out",
    text: "FROM scratch\nCOPY a /\nADD ./sub/x.md /y\nCOPY . /\n",
    ignore: ["a", "**/*.md"],
    finds: [
      '2 CopyIgnoredFile: Attempting to Copy file "a" that is excluded by .dockerignore',
      '3 CopyIgnoredFile: Attempting to Add file "sub/x.md" that is excluded by .dockerignore',
    ],
  },
  {
    title: "CopyIgnoredFile looks at the directories above, too",
    text: "FROM scratch\nARG d=dir\nCOPY /$d/file /\n",
    ignore: ["dir"],
    finds: ['3 CopyIgnoredFile: Attempting to Copy file "dir/file" that is excluded by .dockerignore'],
  },
  {
    title: "CopyIgnoredFile leaves other stages, URLs, heredocs and destinations alone",
    text: "FROM busybox AS base\nCOPY b /a\nADD https://example.org/a /a\nCOPY <<a /a\na\nFROM base\nCOPY --from=base a /\n",
    ignore: ["a", "https:"],
    finds: [],
  },
  {
    title: "CopyIgnoredFile says nothing where a pattern is negated",
    text: "FROM scratch\nCOPY a/b /\n",
    ignore: ["a", "!a/b"],
    finds: [],
  },
  {
    title: "InvalidDefinitionDescription tells of comments that do not begin with the name",
    text: "# check=experimental=InvalidDefinitionDescription\n# bar this is the bar\nARG foo=bar\n# BasE this is the BasE image\nFROM scratch AS base\n# bad\nARG version=latest\n# bad\nARG foo=baz bar=qux\n",
    finds: [
      "3 InvalidDefinitionDescription: Comment for ARG should follow the format: `# foo <description>`",
      "5 InvalidDefinitionDescription: Comment for FROM should follow the format: `# base <description>`",
      "7 InvalidDefinitionDescription: Comment for ARG should follow the format: `# version <description>`",
      "9 InvalidDefinitionDescription: Comment for ARG should follow the format: `# <arg_key> <description>`",
    ],
  },
  {
    title: "InvalidDefinitionDescription leaves good comments, distant ones and those of other instructions alone",
    text: "# check=experimental=all\n# foo this is the foo\nARG foo=bar\n\n# base this is\nFROM scratch AS base\n# far\n\nARG far=1\n# nothing\n#\nARG bit=1\n# for another instruction\nCOPY x .\n",
    finds: [],
  },
  {
    title: "InvalidDefinitionDescription runs only where it is asked for",
    text: "# bad\nARG foo=bar\nFROM scratch\n",
    finds: [],
  },
  {
    title: "ExposeProtoCasing tells of capitals",
    text: "FROM scratch\nEXPOSE 80/TcP 81/udp\n",
    finds: ["2 ExposeProtoCasing: Defined protocol '80/TcP' in EXPOSE instruction should be lowercase"],
  },
  { title: "ExposeProtoCasing leaves small letters alone", text: "FROM scratch\nEXPOSE 80/tcp 81\n", finds: [] },
  {
    title: "ExposeInvalidFormat tells of addresses and host ports, variables included",
    text: "FROM scratch\nARG p=80:80\nEXPOSE 127.0.0.1:80:80\nEXPOSE $p\n",
    finds: ["127.0.0.1:80:80", "80:80"].map(
      (port, index) =>
        `${index + 3} ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
    ),
  },
  {
    title: "ExposeInvalidFormat leaves ports and ranges alone",
    text: "FROM scratch\nEXPOSE 80 90-99/udp\n",
    finds: [],
  },
];
