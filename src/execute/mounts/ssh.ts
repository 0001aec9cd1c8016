import { OciBuildError } from "../../errors.ts";
import type { SshMount } from "../../plan/mount.ts";
import type { SshAgents } from "../../secrets/ssh-agents.ts";
import type { Mounted } from "./run-mounts.ts";

/**
 * A socket to an SSH agent and the variable that names it; nothing when `--ssh` was not given and need not be.
 * @throws OciBuildError `ssh-missing`, `ssh-unavailable`
 */
export async function sshMount({ id, target, required, access }: SshMount, agents: SshAgents): Promise<Mounted> {
  const socket = await agents.socketOf(id);
  if (socket !== undefined)
    return { mounts: [{ kind: "agent", target, socket, ...access }], env: [`SSH_AUTH_SOCK=${target}`] };
  if (!required) return { mounts: [], env: [] };
  const flag = id === "default" ? "--ssh default" : `--ssh ${id}=SOCKET or --ssh ${id}=KEY`;
  throw new OciBuildError("ssh-missing", `the step needs the SSH agent ${id}, which was not given`, {
    hint: `add ${flag}`,
  });
}
