import type { RefusedFlags } from "../flag.ts";
import { notYet, refused } from "../refused-flags.ts";

/** What `docker run` and `podman run` have and oci-build does not. */
export const refusedRunFlags: RefusedFlags = {
  ...refused(
    notYet,
    `annotation arch attach -a blkio-weight cap-add cap-drop cgroup-parent cgroupns cidfile cpu-period
    cpu-quota cpu-shares -c cpus cpuset-cpus cpuset-mems device domainname env-file gpus
    group-add hostname init ipc label -l label-file memory -m memory-reservation memory-swap mount no-hosts
    oom-score-adj pid pids-limit platform privileged pull -q quiet read-only security-opt shm-size sig-proxy
    stop-signal stop-timeout sysctl tmpfs ulimit userns uts volume -v volume-driver volumes-from`,
  ),
  ...refused("is not supported: the container ends with this command", `detach -d detach-keys name restart replace`),
  ...refused(
    "is not supported: with --network host the process's ports are the host's",
    `publish -p publish-all -P expose ip ip6 link mac-address network-alias`,
  ),
  ...refused("is not supported: the process writes to this command's standard output and error", `log-driver log-opt`),
  ...refused(
    "is not supported: health checks need a container that stays",
    `health-cmd health-interval health-retries health-timeout health-start-period no-healthcheck`,
  ),
  net: "is called --network here",
  runtime: "is not supported: --isolation chooses the sandbox",
};
