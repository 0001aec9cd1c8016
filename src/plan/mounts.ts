import { posix } from "node:path";
import { isMountType, type MountInstruction, type MountOption, mountFault } from "../instructions/mount.ts";
import { didYouMean } from "../syntax/suggest.ts";
import { parseByteSize } from "./byte-size.ts";
import { PlanFault } from "./fault.ts";
import type { Access, Mount, Sharing } from "./mount.ts";
import { joinWorkdir } from "./paths.ts";
import type { FileSource } from "./step.ts";

export interface MountContext {
  readonly workdir: string;
  readonly expand: (word: string) => string;
  readonly sourceOf: (from: string | undefined) => FileSource;
  /** Stands in front of the ids of cache mounts (BUILDKIT_CACHE_MOUNT_NS). */
  readonly cacheNamespace: string | undefined;
}

/**
 * The mounts of a RUN in the order in which they are mounted: by target, so that one may lie in another. Of two with one
 * target the later counts (BuildKit's dedupMounts).
 * @throws PlanFault `mount-invalid`
 */
export function planMounts(instructions: readonly MountInstruction[], context: MountContext): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const instruction of instructions) {
    const number = mounts.filter(({ kind }) => kind === "ssh").length;
    mounts.push(new Expansion(instruction, context).mount(number));
  }
  const latest = mounts.filter(
    (mount, index) =>
      targetOf(mount) === undefined || !mounts.slice(index + 1).some((later) => targetOf(later) === targetOf(mount)),
  );
  return latest.toSorted((a, b) => compare(targetOf(a) ?? "", targetOf(b) ?? ""));
}

function targetOf(mount: Mount): string | undefined {
  return mount.target;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One `--mount` while its values are expanded and read. */
class Expansion {
  readonly #instruction: MountInstruction;
  readonly #context: MountContext;
  readonly #values: ReadonlyMap<MountOption, string>;

  constructor(instruction: MountInstruction, context: MountContext) {
    this.#instruction = instruction;
    this.#context = context;
    this.#values = new Map([...instruction.options].map(([option, word]) => [option, context.expand(word)]));
  }

  /** `sshNumber` counts the ssh mounts before it, for the name of its socket. */
  mount(sshNumber: number): Mount {
    const type = this.#values.get("type") ?? "bind";
    const fault = mountFault(this.#instruction, type);
    if (fault !== undefined || !isMountType(type)) throw this.#fault(fault?.message ?? type, fault?.hint);
    switch (type) {
      case "bind":
        return {
          kind: type,
          from: this.#context.sourceOf(this.#instruction.from),
          source: this.#source(),
          target: this.#target(),
          writable: !this.#readOnly(true),
        };
      case "cache":
        return this.#cache();
      case "tmpfs":
        return { kind: type, target: this.#target(), size: this.#size(), readOnly: this.#readOnly(false) };
      case "secret":
        return this.#secret();
      case "ssh":
        this.#checkReadOnly(type);
        return {
          kind: type,
          id: this.#values.get("id") || "default",
          first: sshNumber === 0,
          target: this.#target(`/run/buildkit/ssh_agent.${sshNumber}`),
          required: this.#flag("required") ?? false,
          access: this.#access(0o600),
        };
    }
  }

  /** The id is the target as written, not as joined with WORKDIR. `from=scratch` says what is so anyway. */
  #cache(): Mount {
    const { from } = this.#instruction;
    const { cacheNamespace, sourceOf } = this.#context;
    const written = posix.normalize(this.#values.get("target") ?? "").replace(/(?<=.)\/$/, "");
    const id = this.#values.get("id") || written;
    const ownAccess = (["mode", "uid", "gid"] as const).some((option) => this.#values.has(option));
    return {
      kind: "cache",
      id: cacheNamespace === undefined ? id : `${cacheNamespace}/${id}`,
      target: this.#target(),
      sharing: this.#sharing(),
      readOnly: this.#readOnly(false),
      seed: from === undefined || from === "scratch" ? undefined : { from: sourceOf(from), source: this.#source() },
      access: ownAccess ? this.#access(0o755) : undefined,
    };
  }

  #secret(): Mount {
    this.#checkReadOnly("secret");
    const [written, env] = [this.#values.get("target"), this.#values.get("env")];
    const id = this.#values.get("id") || this.#values.get("source") || posix.basename(written ?? "");
    if (id === "") throw this.#fault("nothing names the secret", "write id=NAME, as in --secret id=NAME");
    if (env !== undefined && !/^[^=\0]+$/.test(env))
      throw this.#fault(`${JSON.stringify(env)} cannot be the name of a variable`);
    return {
      kind: "secret",
      id,
      target:
        written !== undefined || env === undefined ? this.#target(`/run/secrets/${posix.basename(id)}`) : undefined,
      env,
      required: this.#flag("required") ?? false,
      access: this.#access(0o400),
    };
  }

  #target(usual = ""): string {
    const target = joinWorkdir(this.#context.workdir, this.#values.get("target") || usual);
    if (target === "/") throw this.#fault("the target is /", "write target=DIRECTORY, below the root");
    return target;
  }

  #source(): string {
    return joinWorkdir("/", this.#values.get("source") ?? "");
  }

  #readOnly(usual: boolean): boolean {
    const writable = this.#flag("readwrite");
    return writable === undefined ? (this.#flag("readonly") ?? usual) : !writable;
  }

  #checkReadOnly(type: string): void {
    if (!this.#readOnly(true)) throw this.#fault(`a mount of type ${type} is always read-only`, "leave readonly out");
  }

  #sharing(): Sharing {
    const known = ["shared", "private", "locked"] as const;
    const asked = this.#values.get("sharing") || "shared";
    const found = known.find((sharing) => sharing === asked);
    if (found !== undefined) return found;
    throw this.#fault(`invalid sharing=${asked}${didYouMean(asked, known)}`, `sharing is one of ${known.join(", ")}`);
  }

  #size(): number | undefined {
    const text = this.#values.get("size");
    if (text === undefined) return undefined;
    const size = parseByteSize(text);
    if (size === undefined) throw this.#fault(`invalid size=${text}`, "write a number of bytes, or 64k, 512m, 2g");
    return size === 0 ? undefined : size;
  }

  #access(usualMode: number): Access {
    const mode = this.#values.get("mode");
    if (mode !== undefined && !/^0*[0-7]{1,4}$/.test(mode))
      throw this.#fault(`invalid mode=${mode}`, "write an octal mode up to 7777, such as 0440");
    return {
      uid: this.#id("uid"),
      gid: this.#id("gid"),
      mode: mode === undefined ? usualMode : Number.parseInt(mode, 8),
    };
  }

  #id(option: "uid" | "gid"): number {
    const text = this.#values.get(option) ?? "0";
    // The highest number stands for none.
    if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1) return Number(text);
    throw this.#fault(`invalid ${option}=${text}`, `write ${option} as a number; names mean nothing to a mount`);
  }

  /** As Go's strconv.ParseBool. */
  #flag(option: "readonly" | "readwrite" | "required"): boolean | undefined {
    const text = this.#values.get(option);
    if (text === undefined) return undefined;
    if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
    if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
    throw this.#fault(`${option} is either true or false, not ${JSON.stringify(text)}`);
  }

  #fault(message: string, hint?: string): PlanFault {
    return new PlanFault("mount-invalid", `--mount=${this.#instruction.text}: ${message}`, hint);
  }
}
