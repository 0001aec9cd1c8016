import { formatSeconds } from "./duration.ts";
import type { Span, SpanCategory } from "./span.ts";

/** How many of the longest steps are listed. */
const LONGEST = 10;

/**
 * Where the time of a build went, for people: its phases in order, the steps that took longest, and what the helper and
 * servers were asked for. What went on side by side counts each for itself, so that sums may be more than the whole.
 */
export function timingsText(spans: readonly Span[]): string {
  if (spans.length === 0) return "";
  const of = (category: SpanCategory): readonly Span[] => spans.filter((span) => span.category === category);
  const [phases, steps] = [of("phase").toSorted(byStart), of("step")];
  const longest = steps.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, LONGEST);
  const begun = Math.min(...spans.map(({ started }) => started));
  const whole = Math.max(...spans.map(({ ended }) => ended));
  const sections = [
    section(`where the time went (${formatSeconds(whole, 3)} s)`, [
      row(begun, "Node and reading the program"),
      ...phases.map((phase) => row(lengthOf(phase), "  ".repeat(depthOf(phase, phases)) + phase.name)),
    ]),
    section(
      steps.length > LONGEST ? `the ${LONGEST} longest of ${steps.length} steps` : "steps, the longest first",
      longest.map((step) => row(lengthOf(step), step.name)),
    ),
    section("requests to the helper", totals(of("helper"))),
    section("requests to servers", totals(of("network"))),
  ];
  return sections.join("");
}

function section(title: string, rows: readonly string[]): string {
  return rows.length === 0 ? "" : `${[`${title}:`, ...rows].join("\n")}\n`;
}

function row(milliseconds: number, name: string): string {
  return `  ${formatSeconds(milliseconds, 3).padStart(8)} s  ${name.split("\n", 1)[0]}`;
}

/** One row a name, the longest sum first. */
function totals(spans: readonly Span[]): readonly string[] {
  const byName = new Map<string, { count: number; sum: number }>();
  for (const span of spans) {
    const { count, sum } = byName.get(span.name) ?? { count: 0, sum: 0 };
    byName.set(span.name, { count: count + 1, sum: sum + lengthOf(span) });
  }
  return [...byName]
    .toSorted(([, a], [, b]) => b.sum - a.sum)
    .map(([name, { count, sum }]) => row(sum, count === 1 ? name : `${name} (${count} times)`));
}

/** How many other phases a phase lies within. */
function depthOf(phase: Span, phases: readonly Span[]): number {
  return phases.filter((other) => other !== phase && other.started <= phase.started && other.ended >= phase.ended)
    .length;
}

function byStart(a: Span, b: Span): number {
  return a.started - b.started || b.ended - a.ended;
}

function lengthOf({ started, ended }: Span): number {
  return ended - started;
}
