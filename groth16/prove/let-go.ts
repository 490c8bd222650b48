/**
 * Frees the memory of values that nobody reads any more: it is outside V8's heap, whose collector is in no hurry for it. What
 * shares its memory with something else stays.
 */
export function letGo(...values: readonly ArrayBufferView[]): void {
  for (const { buffer, byteLength } of values) {
    if (buffer.byteLength === byteLength) (buffer as Transferable).transfer?.(0);
  }
}

/** An ArrayBuffer as of Node 21. */
interface Transferable {
  transfer?(length: number): ArrayBuffer;
}
