import type { Readable, Writable } from 'node:stream';

/** A message on a pipe: a head as JSON, and bytes that it speaks of. */
export interface Frame {
  readonly head: unknown;
  readonly bodies: readonly Uint8Array[];
}

/** A head has a line for each tensor; more than this is no message. */
const MAX_HEAD_BYTES = 2 ** 26;
const MAX_BODIES = 200_000;

/** Bodies start at multiples of this, so that they can be read as any type of number. */
const ALIGNMENT = 8;

/** Sizes of head and bodies, the head, the bodies. */
export function writeFrame(to: Writable, head: unknown, bodies: readonly Uint8Array[]): void {
  const text = Buffer.from(JSON.stringify(head));
  const sizes = new DataView(new ArrayBuffer(8 + 8 * bodies.length));
  sizes.setUint32(0, text.length, true);
  sizes.setUint32(4, bodies.length, true);
  bodies.forEach((body, i) => sizes.setFloat64(8 + 8 * i, body.byteLength, true));
  to.cork();
  to.write(Buffer.from(sizes.buffer));
  to.write(text);
  for (const body of bodies) to.write(body);
  to.uncork();
}

/**
 * Reads messages as they come, each body in memory of its own.
 * @param maxBytes of the bodies of one message
 * @param onFrame gets each message
 * @returns when the pipe has ended
 * @throws RangeError for what is no message
 */
export async function readFrames(
  from: Readable,
  maxBytes: number,
  onFrame: (frame: Frame) => void,
): Promise<void> {
  const parts = new Parts();
  const steps = framesOf(parts, maxBytes, onFrame);
  let wanted = steps.next().value;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    parts.push(chunk);
    while (parts.length >= wanted) wanted = steps.next().value;
  }
}

/** Says how many bytes it needs next, and is called again when they are there. */
function* framesOf(
  parts: Parts,
  maxBytes: number,
  onFrame: (frame: Frame) => void,
): Generator<number, never> {
  for (;;) {
    yield 8;
    const start = viewOf(parts.take(8));
    const [headBytes, count] = [start.getUint32(0, true), start.getUint32(4, true)];
    if (headBytes > MAX_HEAD_BYTES || count > MAX_BODIES) throw new RangeError('a head that is too large');
    yield 8 * count;
    const sizes = viewOf(parts.take(8 * count));
    const lengths = Array.from({ length: count }, (_, i) => sizes.getFloat64(8 * i, true));
    const valid = lengths.every((length) => Number.isSafeInteger(length) && length >= 0);
    if (!valid || lengths.reduce((sum, length) => sum + length, 0) > maxBytes) {
      throw new RangeError('bodies that are too large');
    }
    yield headBytes;
    const head: unknown = JSON.parse(parts.take(headBytes).toString());
    const bodies: Uint8Array[] = [];
    for (const length of lengths) {
      yield length;
      bodies.push(parts.take(length));
    }
    onFrame({ head, bodies });
  }
}

/** Bytes that came and are not used yet. */
class Parts {
  #chunks: Buffer[] = [];
  length = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  /** The next bytes, copied once and aligned. */
  take(length: number): Buffer {
    const memory = new ArrayBuffer(Math.ceil(length / ALIGNMENT) * ALIGNMENT);
    const taken = Buffer.from(memory, 0, length);
    let place = 0;
    let used = 0;
    while (place < length) {
      const chunk = this.#chunks[used];
      const size = Math.min(chunk.length, length - place);
      chunk.copy(taken, place, 0, size);
      place += size;
      if (size === chunk.length) used++;
      else this.#chunks[used] = chunk.subarray(size);
    }
    this.#chunks.splice(0, used);
    this.length -= length;
    return taken;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
