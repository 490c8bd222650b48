import type { CeremonyTranscript } from './transcript.ts';
import type { ZkeyHistory } from './contributions.ts';

/** In what a key's own record differs from the transcript's; undefined: in nothing. */
export function historyProblem(
  { circuits, rounds }: CeremonyTranscript,
  index: number,
  { circuitHash, contributions }: ZkeyHistory,
): string | undefined {
  if (circuitHash !== circuits[index].circuitHash) return 'it started from another circuit or phase 1';
  if (contributions.length !== rounds.length) {
    return `expected ${rounds.length} contributions, it has ${contributions.length}`;
  }
  for (const [i, round] of rounds.entries()) {
    const own = contributions[i];
    if (own.kind !== round.kind)
      return `contribution ${i + 1} should be a ${round.kind}, it is a ${own.kind}`;
    if (own.name !== round.name) {
      return `contribution ${i + 1} should be by ${round.name}, it is by ${own.name || 'nobody'}`;
    }
    if (own.hash !== round.keys[index].contribution) return `contribution ${i + 1} has another hash`;
    const sameBeacon =
      own.kind !== 'beacon' ||
      round.kind !== 'beacon' ||
      (own.beacon === round.beacon && own.iterationsExponent === round.iterationsExponent);
    if (!sameBeacon) return 'its beacon is another';
  }
  return undefined;
}
