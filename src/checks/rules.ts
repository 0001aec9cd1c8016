import { consistentInstructionCasing, fromAsCasing, stageNameCasing } from "./casing.ts";
import { jsonArgsRecommended, maintainerDeprecated, multipleInstructionsDisallowed } from "./commands.ts";
import { noEmptyContinuation } from "./continuation.ts";
import { invalidDefinitionDescription } from "./descriptions.ts";
import { exposeInvalidFormat, exposeProtoCasing } from "./expose.ts";
import { copyIgnoredFile } from "./ignored-files.ts";
import { legacyKeyValueFormat, secretsUsedInArgOrEnv } from "./key-values.ts";
import { fromPlatformFlagConstDisallowed, invalidBaseImagePlatform, redundantTargetPlatform } from "./platforms.ts";
import type { Rule } from "./rule.ts";
import { duplicateStageName, reservedStageName } from "./stage-names.ts";
import { invalidDefaultArgInFrom, undefinedArgInFrom, undefinedVar } from "./undefined-variables.ts";
import { workdirRelativePath } from "./workdir.ts";

/**
 * The build checks, under the names and with the messages of BuildKit's (its frontend/dockerfile/linter/ruleset.go).
 * docs/checks.md says more of each.
 */
export const rules: readonly Rule[] = [
  {
    name: "ConsistentInstructionCasing",
    description: "All commands within the Dockerfile should use the same casing (either upper or lower)",
    over: "file",
    check: consistentInstructionCasing,
  },
  {
    name: "CopyIgnoredFile",
    description: "Attempting to Copy file that is excluded by .dockerignore",
    over: ["COPY", "ADD"],
    check: copyIgnoredFile,
  },
  {
    name: "DuplicateStageName",
    description: "Stage names should be unique",
    over: "file",
    check: duplicateStageName,
  },
  {
    name: "ExposeInvalidFormat",
    description: "IP address and host-port mapping should not be used in EXPOSE instruction",
    over: ["EXPOSE"],
    check: exposeInvalidFormat,
  },
  {
    name: "ExposeProtoCasing",
    description: "Protocol in EXPOSE instruction should be lowercase",
    over: ["EXPOSE"],
    check: exposeProtoCasing,
  },
  {
    name: "FromAsCasing",
    description: "The 'as' keyword should match the case of the 'from' keyword",
    over: "file",
    check: fromAsCasing,
  },
  {
    name: "FromPlatformFlagConstDisallowed",
    description: "FROM --platform flag should not use a constant value",
    over: "file",
    check: fromPlatformFlagConstDisallowed,
  },
  {
    name: "InvalidBaseImagePlatform",
    description: "Base image platform does not match expected target platform",
    over: "stage",
    check: invalidBaseImagePlatform,
  },
  {
    name: "InvalidDefaultArgInFrom",
    description: "Default value for global ARG results in an empty or invalid base image name",
    over: "file",
    check: invalidDefaultArgInFrom,
  },
  {
    name: "InvalidDefinitionDescription",
    description: "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`",
    experimental: true,
    over: "file",
    check: invalidDefinitionDescription,
  },
  {
    name: "JSONArgsRecommended",
    description: "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
    over: ["CMD", "ENTRYPOINT"],
    check: jsonArgsRecommended,
  },
  {
    name: "LegacyKeyValueFormat",
    description: "Legacy key/value format with whitespace separator should not be used",
    over: ["ENV", "LABEL"],
    check: legacyKeyValueFormat,
  },
  {
    name: "MaintainerDeprecated",
    description: "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
    over: "file",
    check: maintainerDeprecated,
  },
  {
    name: "MultipleInstructionsDisallowed",
    description: "Multiple instructions of the same type should not be used in the same stage",
    over: "stage",
    check: multipleInstructionsDisallowed,
  },
  {
    name: "NoEmptyContinuation",
    description: "Empty continuation lines will become errors in a future release",
    over: "file",
    check: noEmptyContinuation,
  },
  {
    name: "RedundantTargetPlatform",
    description: "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
    over: "file",
    check: redundantTargetPlatform,
  },
  {
    name: "ReservedStageName",
    description: "Reserved words should not be used as stage names",
    over: "file",
    check: reservedStageName,
  },
  {
    name: "SecretsUsedInArgOrEnv",
    description: "Sensitive data should not be used in the ARG or ENV commands",
    over: ["ARG", "ENV"],
    check: secretsUsedInArgOrEnv,
  },
  {
    name: "StageNameCasing",
    description: "Stage names should be lowercase",
    over: "file",
    check: stageNameCasing,
  },
  {
    name: "UndefinedArgInFrom",
    description: "FROM command must use declared ARGs",
    over: "file",
    check: undefinedArgInFrom,
  },
  {
    name: "UndefinedVar",
    description: "Variables should be defined before their use",
    over: "stage",
    check: undefinedVar,
  },
  {
    name: "WorkdirRelativePath",
    description:
      "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes",
    over: "stage",
    check: workdirRelativePath,
  },
];
