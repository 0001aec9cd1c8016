/** A line of a plot: its name, and points of entries and seconds. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [entries: number, seconds: number])[];
}

const WIDTH = 640;
const HEIGHT = 400;
const EDGE = { left: 60, right: 130, top: 20, bottom: 45 };
const COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd"];

/** Lines over axes that grow tenfold from mark to mark, as an SVG image; the dashed line is exact proportion. */
export function plot(lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points);
  const across = scale(
    all.map(([entries]) => entries),
    EDGE.left,
    WIDTH - EDGE.right,
  );
  const up = scale(
    all.map(([, seconds]) => seconds),
    HEIGHT - EDGE.bottom,
    EDGE.top,
  );
  const marks = [
    ...across.marks.map((value) => vertical(across.at(value), value.toLocaleString("en-US"))),
    ...up.marks.map((value) => horizontal(up.at(value), `${value} s`)),
  ];
  const drawn = lines.flatMap(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? "black";
    const places = points.map(([entries, seconds]) => `${across.at(entries)},${up.at(seconds)}`);
    const [lastEntries = 1, lastSeconds = 1] = points.at(-1) ?? [];
    return [
      `<polyline points="${places.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...places.map((place) => `<circle cx="${place.replace(",", '" cy="')}" r="3" fill="${colour}"/>`),
      text(across.at(lastEntries) + 8, up.at(lastSeconds) + 4, name, `fill="${colour}"`),
    ];
  });
  const [[first = 1, least = 1] = [], last] = [lines[0]?.points[0], lines[0]?.points.at(-1)?.[0] ?? 1];
  const proportion =
    `<line x1="${across.at(first)}" y1="${up.at(least)}" x2="${across.at(last)}" y2="${up.at((least * last) / first)}" ` +
    `stroke="#999" stroke-dasharray="4 4"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...marks,
    proportion,
    ...drawn,
    text((WIDTH - EDGE.right + EDGE.left) / 2, HEIGHT - 8, "files; seconds of the processor", `text-anchor="middle"`),
    "</svg>",
    "",
  ].join("\n");
}

interface Scale {
  readonly marks: readonly number[];
  at(value: number): number;
}

/** Powers of ten around the values, spread from one place to another. */
function scale(values: readonly number[], from: number, to: number): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.ceil(Math.log10(Math.max(...values)) - 1e-9);
  const marks = Array.from({ length: high - low + 1 }, (_, index) => Number(`1e${low + index}`));
  const at = (value: number): number =>
    Math.round(10 * (from + ((Math.log10(value) - low) / (high - low)) * (to - from))) / 10;
  return { marks, at };
}

function vertical(x: number, label: string): string {
  const line = `<line x1="${x}" y1="${EDGE.top}" x2="${x}" y2="${HEIGHT - EDGE.bottom}" stroke="#ddd"/>`;
  return `${line}\n${text(x, HEIGHT - EDGE.bottom + 18, label, `text-anchor="middle"`)}`;
}

function horizontal(y: number, label: string): string {
  const line = `<line x1="${EDGE.left}" y1="${y}" x2="${WIDTH - EDGE.right}" y2="${y}" stroke="#ddd"/>`;
  return `${line}\n${text(EDGE.left - 6, y + 4, label, `text-anchor="end"`)}`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${content}</text>`;
}
