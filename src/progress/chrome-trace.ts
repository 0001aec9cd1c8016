import type { Span, SpanCategory } from "./span.ts";

const categories: readonly SpanCategory[] = ["phase", "step", "helper", "network"];

/**
 * Spans as a file of Chrome's trace event format ("complete events", times in microseconds), which chrome://tracing,
 * https://ui.perfetto.dev and speedscope show. What overlaps stands in rows of its own: a viewer takes overlapping events of
 * one row for nested ones.
 */
export function chromeTrace(spans: readonly Span[]): string {
  const rows = categories.flatMap((category) =>
    rowsOf(spans.filter((span) => span.category === category)).map((row) => ({ category, row })),
  );
  const traceEvents = rows.flatMap(({ category, row }, index) => {
    const at = { pid: 1, tid: index + 1 };
    return [
      { ph: "M", name: "thread_name", ...at, args: { name: category } },
      ...row.map(({ name, started, ended }) => ({
        ph: "X",
        name,
        cat: category,
        ...at,
        ts: Math.round(started * 1000),
        dur: Math.round((ended - started) * 1000),
      })),
    ];
  });
  return `${JSON.stringify({ displayTimeUnit: "ms", traceEvents })}\n`;
}

/** Divides spans into rows within which none overlaps another. */
function rowsOf(spans: readonly Span[]): readonly (readonly Span[])[] {
  const rows: Span[][] = [];
  for (const span of spans.toSorted((a, b) => a.started - b.started)) {
    const free = rows.find((row) => (row.at(-1)?.ended ?? 0) <= span.started);
    if (free === undefined) rows.push([span]);
    else free.push(span);
  }
  return rows;
}
