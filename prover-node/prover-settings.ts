import { z } from 'zod';

/** What makes proofs on a machine; spread into the schemas of nodes and workers. */
export const proverSettings = {
  workers: z
    .number()
    .int()
    .min(1)
    .max(256)
    .default(1)
    .describe('proofs made at once, each by a process of its own'),
  threads: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe(
      'cores that share the work of one proof (native-js): sooner done, and no fewer processor seconds',
    ),
  backend: z
    .enum(['native-js', 'snarkjs', 'command'])
    .default('native-js')
    .describe('what makes the proofs; each is verified before it is handed in'),
  proverCommand: z
    .string()
    .max(4096)
    .optional()
    .meta({ answers: 'which external prover runs' })
    .describe('the external prover of `command`, with {zkey} {witness} {proof} {public} as arguments'),
  proverWorker: z
    .string()
    .max(4096)
    .optional()
    .meta({ answers: 'which external prover runs' })
    .describe(
      'instead of prover-command: a long-running prover that is asked on its standard input and keeps keys',
    ),
  proverTimeoutSeconds: z
    .number()
    .min(1)
    .max(86_400)
    .default(600)
    .meta({ unit: 'seconds' })
    .describe('after so long the external prover is killed; a long-running one after so long without a word'),
};

export type ProverSettings = z.infer<z.ZodObject<typeof proverSettings>>;
