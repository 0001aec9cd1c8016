/** A line that never ends is handed out in pieces of this many characters. */
const longestLine = 64 * 1024;

/** LF or CR LF, or CR with which progress meters write over themselves. A CR at the very end may still become CR LF. */
const lineEnd = /(\r*\n|\r+(?![\r\n]|$))/;

/**
 * Makes lines of the chunks of one output stream. A line ends at LF, CR LF or a lone CR; what a lone CR leaves empty is
 * no line. Bytes that are no UTF-8 become U+FFFD.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #partial = "";

  /** The line that has begun and not ended. */
  get partial(): string {
    return this.#partial;
  }

  /** The lines that end in this chunk, without their ends. */
  push(chunk: Uint8Array): readonly string[] {
    return this.#split(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The last line, when the stream ended without a line break. */
  end(): readonly string[] {
    const rest = this.#decoder.decode();
    return this.#partial + rest === "" ? [] : this.#split(`${rest}\n`);
  }

  #split(text: string): readonly string[] {
    const lines: string[] = [];
    // The capture makes split answer line, end, line, end, …, rest.
    const parts = (this.#partial + text).split(lineEnd);
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const line = parts[at] ?? "";
      if (line !== "" || parts[at + 1]?.endsWith("\n") === true) lines.push(line);
    }
    let rest = parts.at(-1) ?? "";
    while (rest.length > longestLine) {
      const cut = isHighSurrogate(rest, longestLine - 1) ? longestLine - 1 : longestLine;
      lines.push(rest.slice(0, cut));
      rest = rest.slice(cut);
    }
    this.#partial = rest;
    return lines;
  }
}

function isHighSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}
