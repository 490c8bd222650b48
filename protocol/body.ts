/** Bytes that came in parts, as one. */
export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The parts of a body as they come: not every browser's streams can be iterated. */
export async function* partsOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Whoever stops reading wants no more of it.
    await reader.cancel().catch(() => undefined);
  }
}

/** A body as text; undefined, and read no further, when it has more bytes than that. @throws what ends it before its end */
export async function boundedText({ body }: Response, maxBytes: number): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of partsOf(body)) {
    length += part.length;
    if (length > maxBytes) return undefined;
    parts.push(part);
  }
  return new TextDecoder().decode(joinedBytes(parts));
}
