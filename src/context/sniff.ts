/** How the formats that tar archives are compressed with begin: gzip, bzip2, xz, zstd. */
const magics: readonly (readonly number[])[] = [
  [0x1f, 0x8b, 0x08],
  [0x42, 0x5a, 0x68],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  [0x28, 0xb5, 0x2f, 0xfd],
];

/** As many bytes of a file as `isArchive` looks at. */
export const sniffLength = 512;

/** Whether a file that begins so is a tar archive, compressed or not: then it is a context, and otherwise a Dockerfile. */
export function isArchive(start: Uint8Array): boolean {
  return (
    magics.some((magic) => magic.every((byte, index) => start[index] === byte)) ||
    isSkippable(start) ||
    isTarHeader(start)
  );
}

/** Whether zstd's frames begin with one that holds no data (RFC 8878, section 3.1.2). */
function isSkippable([first = 0, ...rest]: Uint8Array): boolean {
  return (first & 0xf0) === 0x50 && [0x2a, 0x4d, 0x18].every((byte, index) => rest[index] === byte);
}

/** A header's checksum is the sum of its bytes, those of the checksum counted as spaces (IEEE 1003.1, pax, "ustar Interchange Format"). */
function isTarHeader(block: Uint8Array): boolean {
  if (block.length < sniffLength) return false;
  const stored = /^[ 0]*([0-7]+)[ \0]*$/.exec(Buffer.from(block.subarray(148, 156)).toString("latin1"))?.[1];
  if (stored === undefined) return false;
  let sum = 0;
  for (let index = 0; index < sniffLength; index++) sum += index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0);
  return sum === Number.parseInt(stored, 8);
}
