import { OciBuildError } from "../errors.ts";

/** What an ssh mount with this id may use: `--ssh`. */
export interface SshSource {
  readonly id: string;
  /** One socket of an agent, or any number of key files; the agent of SSH_AUTH_SOCK when empty. */
  readonly paths: readonly string[];
}

/** Reads `default` or `ID[=SOCKET|KEY[,KEY]...]`. @throws OciBuildError `ssh-invalid` */
export function parseSsh(text: string): SshSource {
  const [, id = "", paths] = /^([^=]*)(?:=([^]*))?$/.exec(text) ?? [];
  const listed = paths === undefined ? [] : paths.split(",");
  if (id === "" || listed.includes(""))
    throw new OciBuildError("ssh-invalid", `--ssh ${text}: ${id === "" ? "it has no id" : "a path is empty"}`, {
      hint: "write --ssh default, --ssh ID=SOCKET or --ssh ID=KEY",
    });
  return { id, paths: listed };
}
