import type { ProgressStream } from "../../src/progress/renderer.ts";

/**
 * As much of a terminal as the live display uses: a screen of rows with a cursor, wrapping, scrolling into a history, and
 * the sequences for cursor up, erase line, erase below, colours and cursor visibility. Anything else is an error.
 */
export class Terminal implements ProgressStream {
  readonly isTTY = true;
  columns: number;
  rows: number;
  cursorVisible = true;
  /** How often it was written to. */
  writes = 0;
  readonly #history: string[] = [];
  readonly #screen: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    this.writes++;
    // oxlint-disable-next-line no-control-regex -- a terminal takes these apart
    for (const [part] of text.matchAll(/\u001b\[[0-9;?]*[A-Za-z]|[^]/gu)) {
      if (part.startsWith("\u001b")) this.#control(part);
      else if (part === "\n") this.#newLine();
      else if (part === "\r") this.#column = 0;
      else this.#put(part);
    }
  }

  /** What was ever shown and not erased. */
  get text(): string {
    const screen = this.#screen.map((cells) => Array.from(cells, (cell) => cell ?? " ").join(""));
    return [...this.#history, ...screen]
      .map((line) => line.trimEnd())
      .join("\n")
      .trimEnd();
  }

  get lines(): readonly string[] {
    return this.text.split("\n");
  }

  #control(sequence: string): void {
    const count = Number(/\d+/.exec(sequence)?.[0] ?? "1");
    if (sequence === "\u001b[?25l") this.cursorVisible = false;
    else if (sequence === "\u001b[?25h") this.cursorVisible = true;
    else if (sequence.endsWith("m")) return;
    else if (sequence === "\u001b[K") this.#current().length = Math.min(this.#current().length, this.#eraseFrom());
    else if (sequence === "\u001b[J") {
      this.#current().length = Math.min(this.#current().length, this.#eraseFrom());
      this.#screen.length = this.#row + 1;
    } else if (sequence.endsWith("A")) this.#row = Math.max(0, this.#row - count);
    else throw new Error(`unknown sequence ${JSON.stringify(sequence)}`);
  }

  /** A cursor that waits behind the last column to wrap stands on that column. */
  #eraseFrom(): number {
    return Math.min(this.#column, this.columns - 1);
  }

  #put(character: string): void {
    if (character < " ") throw new Error(`control character ${JSON.stringify(character)}`);
    const width = /[\u3000-\u9fff]/.test(character) ? 2 : 1;
    if (this.#column + width > this.columns) this.#newLine();
    this.#current()[this.#column] = character;
    if (width === 2) this.#current()[this.#column + 1] = "";
    this.#column += width;
  }

  #newLine(): void {
    this.#column = 0;
    this.#row++;
    if (this.#row === this.rows) {
      this.#history.push((this.#screen.shift() ?? []).join(""));
      this.#row--;
    }
    this.#screen[this.#row] ??= [];
  }

  #current(): string[] {
    return (this.#screen[this.#row] ??= []);
  }
}
