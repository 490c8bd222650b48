/** Keeps the answers of a lookup whose answer for a key never changes; failures are not kept. */
export class BoundedCache<Value> {
  readonly #entries = new Map<string, Promise<Value>>();
  readonly #limit: number;

  /** @param limit entries kept at most; the one used longest ago goes first */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string, find: () => Promise<Value>): Promise<Value> {
    const kept = this.#entries.get(key);
    const value = kept ?? find();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#limit) this.#entries.delete([...this.#entries.keys()][0]);
    if (kept === undefined) {
      value.catch(() => {
        if (this.#entries.get(key) === value) this.#entries.delete(key);
      });
    }
    return value;
  }
}
