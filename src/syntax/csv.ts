/**
 * Splits one CSV record as Go's encoding/csv does, which docker reads its `type=…,dest=…` values with: a field may stand
 * in double quotes, and two of them inside stand for one. Answers undefined for a broken quote.
 */
export function splitCsv(text: string): readonly string[] | undefined {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = field.exec(text);
    if (match === null) return undefined;
    const [, quoted, bare, end] = match;
    fields.push(quoted === undefined ? (bare ?? "") : quoted.replaceAll('""', '"'));
    if (end === "") return fields;
  }
}
