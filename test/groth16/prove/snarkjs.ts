/**
 * Ends the threads that snarkjs in this process keeps alive once it has built a curve.
 */
export async function stopSnarkjs(): Promise<void> {
  const kept = globalThis as { curve_bn128?: { terminate(): Promise<void> } | null };
  await kept.curve_bn128?.terminate();
}

/** A logger for the functions of snarkjs that don't do without. */
export const quiet = { debug() {}, info() {}, warn() {}, error() {} };
