import { rmSync } from 'node:fs';

/** Files and folders under way, which are nothing before they are whole. */
const places = new Set<string>();

/** Signals by which a command is ended, by a person or with its terminal. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let sweeps = false;

/**
 * Has whatever is unfinished deleted when a signal ends the process, which then ends by it as it would have. What listens to
 * the signal itself, as services do, goes on until it is done, and so does what it writes.
 */
export function leaveNothingUnfinished(): void {
  sweeps = true;
}

/** Names what is worth nothing if the process ends now. @returns takes the name back */
export function unfinished(place: string): () => void {
  // Only while there is something: a process that listens is not ended while it computes.
  if (sweeps && places.size === 0) for (const signal of ENDING) process.on(signal, end);
  places.add(place);
  return () => {
    if (places.delete(place) && places.size === 0) for (const signal of ENDING) process.off(signal, end);
  };
}

function end(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  for (const place of places) rmSync(place, { recursive: true, force: true, maxRetries: 3 });
  process.off(signal, end);
  process.kill(process.pid, signal);
}
