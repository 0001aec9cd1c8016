import type { BuildEvent, StepId } from "../progress/event.ts";
import { printable } from "../progress/terminal-text.ts";
import { type FindingEvent, findingsText } from "./finding-text.ts";

/** What a build is told at its end rather than as it happens: what the checks found, and why steps ran. */
export class EndNotes {
  readonly #findings: FindingEvent[] = [];
  readonly #titles = new Map<StepId, string>();
  readonly #reasons: string[] = [];

  /** Takes an event in. @returns whether it is told at the end alone */
  take(event: BuildEvent): boolean {
    switch (event.kind) {
      case "finding":
        this.#findings.push(event);
        return true;
      case "step-started":
        this.#titles.set(event.step, event.title);
        return false;
      case "step-reason":
        this.#reasons.push(`  ${this.#titles.get(event.step) ?? ""}\n    ${event.reason}`);
        return false;
      default:
        return false;
    }
  }

  findings(): string {
    return findingsText(this.#findings);
  }

  /** For `--explain-cache`: each step that ran, with the reason. */
  reasons(): string {
    if (this.#reasons.length === 0) return "every step came from the cache\n";
    return `${["steps that ran, and why:", ...this.#reasons.map(shown)].join("\n")}\n`;
  }
}

function shown(reason: string): string {
  return reason.split("\n").map(printable).join("\n");
}
