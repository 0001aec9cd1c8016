/**
 * Frames of the helper protocol (native-helpers/PROTOCOL.md): u32 LE length of what follows, u8 kind, u32 LE request
 * id, payload.
 */
export const FrameKind = {
  request: 1,
  result: 2,
  failure: 3,
  notice: 4,
  event: 5,
  stdout: 6,
  stderr: 7,
} as const;

export interface Frame {
  readonly kind: number;
  readonly request: number;
  readonly payload: Buffer;
}

const PREFIX = 4;
const HEADER = 5;
/** Larger frames are a fault of the peer; the helper holds the same limit. */
const MAX_FRAME = 16 * 1024 * 1024;

export function encodeFrame(kind: number, request: number, payload: string): Buffer {
  const size = Buffer.byteLength(payload);
  const frame = Buffer.allocUnsafe(PREFIX + HEADER + size);
  frame.writeUInt32LE(HEADER + size, 0);
  frame.writeUInt8(kind, PREFIX);
  frame.writeUInt32LE(request, PREFIX + 1);
  frame.write(payload, PREFIX + HEADER);
  return frame;
}

/** Cuts a byte stream into frames. Give it chunks as they come. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** The frames that `chunk` completes, in order. @throws RangeError when a length cannot be one */
  push(chunk: Buffer): Frame[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (this.#pending.length - at >= PREFIX) {
      const length = this.#pending.readUInt32LE(at);
      if (length < HEADER || length > MAX_FRAME) throw new RangeError(`a frame of ${length} bytes`);
      if (this.#pending.length - at - PREFIX < length) break;
      const body = this.#pending.subarray(at + PREFIX, at + PREFIX + length);
      frames.push({ kind: body.readUInt8(0), request: body.readUInt32LE(1), payload: body.subarray(HEADER) });
      at += PREFIX + length;
    }
    this.#pending = this.#pending.subarray(at);
    return frames;
  }
}
