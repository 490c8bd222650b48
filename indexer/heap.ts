import v8 from 'node:v8';

/**
 * Keeps this process small: what an indexer holds at once is little, and what goes through its hands is much. Node lets the room for
 * what is new grow to 64 MB and the rest to several times of what is in use before it looks, which is faster by a tenth and took
 * 700 MB while a large market was read. To be called before much is loaded, since the room for what is new never shrinks again.
 * @param embeds whether the database runs in this process, as WebAssembly that has to be fast. What else is of it runs seldom (Prisma's
 * compiler of queries), and V8 takes 30 MB to make that faster, which it doesn't give back.
 */
export function keepHeapSmall(embeds: boolean): void {
  v8.setFlagsFromString('--semi-space-growth-factor=1');
  v8.setFlagsFromString('--heap-growing-percent=50');
  if (embeds) return;
  v8.setFlagsFromString('--no-wasm-tier-up');
  v8.setFlagsFromString('--no-wasm-dynamic-tiering');
}
