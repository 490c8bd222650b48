import { executeSlice, openSlice, type SliceSession } from '../../slicer/execute/session.ts';
import type { TensorValues } from '../../slicer/integer/program.ts';
import { artifactOf } from '../../protocol/store/digest.ts';

/** Runs slices in ONNX Runtime. */
export interface SliceRunner {
  /**
   * @param onnx the slice's ONNX model
   * @param inputs its input tensors, in the slice's order
   * @returns its output tensors, in the slice's order: integers
   */
  run(onnx: Uint8Array, inputs: readonly TensorValues[]): Promise<readonly TensorValues[]>;
  close(): Promise<void>;
}

/** Sessions that are kept loaded. */
const MOST_KEPT = 32;

/**
 * Keeps a session for each slice that was run lately.
 * @param providers ONNX Runtime's execution providers by name
 */
export function createRunner(providers: readonly string[]): SliceRunner {
  const sessions = new Map<string, Promise<SliceSession>>();
  const running = new Set<Promise<unknown>>();

  const sessionOf = (onnx: Uint8Array): Promise<SliceSession> => {
    const { sha256 } = artifactOf(onnx);
    const session = sessions.get(sha256) ?? openSlice(onnx, { providers });
    // A file that can't be loaded is tried anew when it is asked for again.
    session.catch(() => sessions.delete(sha256));
    sessions.delete(sha256);
    sessions.set(sha256, session);
    return session;
  };

  const letGo = async (): Promise<void> => {
    if (running.size > 0) return;
    for (const [sha256, session] of [...sessions].slice(0, Math.max(0, sessions.size - MOST_KEPT))) {
      sessions.delete(sha256);
      await (await session).close();
    }
  };

  return {
    async run(onnx, inputs) {
      const work = sessionOf(onnx).then((session) => executeSlice(session, inputs));
      running.add(work);
      try {
        return await work;
      } finally {
        running.delete(work);
        await letGo();
      }
    },
    async close() {
      await Promise.allSettled(running);
      await Promise.allSettled([...sessions.values()].map(async (session) => (await session).close()));
      sessions.clear();
    },
  };
}
