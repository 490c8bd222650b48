/**
 * How many of a circuit's public wires are committed, which its file doesn't say: those past the signals that a verifier
 * is given and the challenge. 0 where there is no challenge.
 * @param signals commitments and tag
 */
export function committedWires(signals: number, publicWires: number): number {
  return Math.max(0, publicWires - signals - 1);
}
