import { statfs } from 'node:fs/promises';

/** Milliseconds between looks. */
const LOOK_MS = 10_000;

/** How much room there is where a node keeps its data. */
export class Disk {
  readonly #folder: string;
  readonly #clock: () => number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #free: number | undefined;

  /** @param clock milliseconds, any origin */
  constructor(folder: string, clock: () => number) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** Bytes; undefined until it was looked at, and where the machine doesn't say. */
  get diskFree(): number | undefined {
    return this.#free;
  }

  consider(): void {
    const at = this.#clock();
    if (at < this.#lookedAt + LOOK_MS) return;
    this.#lookedAt = at;
    void diskFreeAt(this.#folder).then((free) => (this.#free = free));
  }
}

/** Bytes that are free for whoever isn't root; undefined where the machine doesn't say. */
export async function diskFreeAt(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
