import { z } from 'zod';
import { artifactSchema } from '../../protocol/store/digest.ts';
import { parseProof, parsePublicSignals } from '../../groth16/formats/proof.ts';
import { ProveError } from '../../groth16/prove/errors.ts';
import type { MeasuredProof } from '../../groth16/prove/worker-messages.ts';

/** What a worker is given: all that a proof needs, whoever asks for it. */
export const pieceSchema = z.object({
  /** The .zkey, in the store. */
  key: artifactSchema.pick({ sha256: true, bytes: true }),
  /** The .wtns. It tells the slice's input: the database and its workers are one operator's. */
  witness: z.base64(),
});

export type Piece = z.infer<typeof pieceSchema>;

const count = z.number().nonnegative();
const name = z.string().max(128);

const answerSchema = z.union([
  z.object({
    worker: name,
    proof: z.unknown(),
    publicSignals: z.unknown(),
    proveSeconds: count,
    cpuSeconds: count,
    peakRssBytes: count,
  }),
  z.object({
    worker: name,
    failure: z.object({ code: z.string().max(64), message: z.string(), hint: z.string().optional() }),
  }),
]);

/** What a worker answers: a proof, or why there is none on any machine. */
export type PieceAnswer = z.infer<typeof answerSchema>;

/**
 * A worker's answer as a proof, whose form is checked here; whether it holds is for the verifying key.
 * @throws ProveError what the worker says is wrong with key or witness; PROVE_WORKER_ANSWER (retryable);
 * BadInputError PROOF_MALFORMED, PUBLIC_SIGNALS_MALFORMED
 */
export function proofOf(answer: unknown): MeasuredProof {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) {
    throw new ProveError('PROVE_WORKER_ANSWER', `a worker answered ${z.prettifyError(parsed.error)}`, {
      retryable: true,
    });
  }
  if ('failure' in parsed.data) {
    const { worker, failure } = parsed.data;
    throw new ProveError(failure.code, `${failure.message} (worker ${worker})`, { hint: failure.hint });
  }
  const { proof, publicSignals, proveSeconds, cpuSeconds, peakRssBytes } = parsed.data;
  return {
    proof: parseProof(proof),
    publicSignals: parsePublicSignals(publicSignals),
    proveSeconds,
    cpuSeconds,
    peakRssBytes,
  };
}
