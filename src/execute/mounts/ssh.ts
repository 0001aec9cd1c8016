import { OciBuildError } from "../../errors.ts";
import type { SshMount } from "../../plan/mount.ts";
import type { Mounted, Mounting } from "./run-mounts.ts";

/**
 * A socket to an SSH agent and the variable that names it; nothing when `--ssh` was not given and need not be.
 * @throws OciBuildError `ssh-missing`, `ssh-unavailable`
 */
export async function sshMount(mount: SshMount, { step, options }: Mounting): Promise<Mounted> {
  const { id, first, target, required, access } = mount;
  const socket = await options.sources.agents.socketOf(id);
  // What ENV says stays, as in BuildKit.
  const named = first && !step.env.some((entry) => entry.startsWith("SSH_AUTH_SOCK="));
  if (socket !== undefined)
    return {
      mounts: [{ kind: "agent", target, socket, ...access }],
      env: named ? [`SSH_AUTH_SOCK=${target}`] : [],
    };
  if (!required) return { mounts: [], env: [] };
  const flag = id === "default" ? "--ssh default" : `--ssh ${id}=SOCKET or --ssh ${id}=KEY`;
  throw new OciBuildError("ssh-missing", `the step needs the SSH agent ${id}, which was not given`, {
    hint: `add ${flag}`,
  });
}
