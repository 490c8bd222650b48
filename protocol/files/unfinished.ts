import { rmSync } from 'node:fs';

/** Files and folders under way, which are nothing before they are whole. */
const places = new Set<string>();

/** Names what is worth nothing if the process ends now. @returns takes the name back */
export function unfinished(place: string): () => void {
  places.add(place);
  return () => void places.delete(place);
}

/** Signals by which a command is ended, by a person or with its terminal. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Has whatever is unfinished deleted when a signal ends the process, which then ends by it as it would have. What listens to
 * the signal itself, as services do, goes on until it is done, and so does what it writes.
 */
export function leaveNothingUnfinished(): void {
  for (const signal of ENDING) {
    const end = (): void => {
      if (process.listenerCount(signal) > 1) return;
      for (const place of places) rmSync(place, { recursive: true, force: true, maxRetries: 3 });
      process.off(signal, end);
      process.kill(process.pid, signal);
    };
    process.on(signal, end);
  }
}
