/** Ends the threads that snarkjs in this process keeps alive once it has built a curve. */
export async function stopSnarkjs(): Promise<void> {
  const kept = globalThis as { curve_bn128?: { terminate(): Promise<void> } | null };
  await kept.curve_bn128?.terminate();
}
