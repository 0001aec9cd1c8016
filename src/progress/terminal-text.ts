/* oxlint-disable no-control-regex -- control characters are what this file is about */

/** CSI, OSC (ended by BEL or ST), and two-character escape sequences (ECMA-48). */
const escapeSequence =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[ -/]*[0-~])/g;
const control = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;
const tabWidth = 8;

/** Foreign text as one line that moves no cursor: no escape sequences or control characters, tabs as spaces. */
export function printable(text: string): string {
  const plain = text.replace(escapeSequence, "").replace(control, "");
  return plain.includes("\t") ? expandTabs(plain) : plain;
}

function expandTabs(text: string): string {
  let line = "";
  for (const [index, part] of text.split("\t").entries()) {
    if (index > 0) line += " ".repeat(tabWidth - (line.length % tabWidth));
    line += part;
  }
  return line;
}
