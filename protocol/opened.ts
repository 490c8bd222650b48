/**
 * What a service has opened so far, to be closed in the opposite order: whole when it stops, and what there is of it when its
 * start fails half way. (`await using` says the same, and needs Node 24.)
 */
export class Opened {
  readonly #closers: (() => Promise<unknown> | void)[] = [];

  defer(close: () => Promise<unknown> | void): void {
    this.#closers.push(close);
  }

  /** Closes everything, the last opened first, also after one that fails; then throws what failed first. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Starts a service; what it had opened is closed again when that fails. */
export async function openAll<T>(start: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = new Opened();
  try {
    return await start(opened);
  } catch (error) {
    await opened.close().catch(() => undefined);
    throw error;
  }
}
