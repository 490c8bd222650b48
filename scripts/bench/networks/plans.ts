import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { STATEMENT_ROWS } from '../../../groth16/formats/r1cs.ts';
import { rounded, type Benchmark } from '../benchmark.ts';
import { inFreshProcess } from '../fresh.ts';
import { LARGE_NETWORKS, PLANNED_NETWORKS } from './planned.ts';

const planSchema = z.object({
  budget: z.number(),
  slices: z.number(),
  circuits: z.number(),
  multiplyAdds: z.number(),
  provable: z.number(),
  constraints: z.number(),
  seconds: z.number(),
  gas: z.number(),
  error: z.number(),
  sampled: z.array(z.number()),
});

const answerSchema = z.object({
  parameters: z.number(),
  cpuSeconds: z.number(),
  peakBytes: z.number(),
  refused: z.string().optional(),
  plan: planSchema.optional(),
});

const proofsSchema = z.array(
  z.object({
    keysCpu: z.number(),
    keyBytes: z.number(),
    seconds: z.number(),
    peakBytes: z.number(),
    estimated: z.object({ seconds: z.number(), mebibytes: z.number() }),
  }),
);

const SAMPLED = 2;
const ROUNDS = 2;

type Row = readonly (string | number)[];

/** Networks in the shapes that people have, cut as `model plan` cuts them by itself, and some of their slices proved. */
export const plans: Benchmark = {
  name: 'plans',
  title: 'Plans of networks that people have',
  run: measureAll(Object.keys(PLANNED_NETWORKS)),
};

export const largePlans: Benchmark = {
  name: 'large-plans',
  title: 'Plans of large networks that people have',
  run: measureAll(Object.keys(LARGE_NETWORKS)),
};

function measureAll(networks: readonly string[]): Benchmark['run'] {
  return async (log) => {
    const rows: Row[] = [];
    for (const network of networks) {
      log(network);
      rows.push(await measureNetwork(network));
    }
    return {
      about:
        'Networks with random weights in 8 bits, quantised, cut and run once slice by slice as `model plan --mode auto` does, each in a fresh ' +
        'process. Of circuits those are counted that differ; a build makes keys for every slice. All proofs and gas are the planner’s estimates. The error is the mean one of four ' +
        'samples that calibration did not see, against the float model, as a share of what its outputs range over. Of each network the ' +
        'slices of median and of largest estimated cost (one, where that is one) were compiled, got development keys, and were proved on one ' +
        'thread, every proof verified: medians of warm proofs, estimated and measured, of both together; memory that of the larger one.',
      columns: COLUMNS,
      rows,
    };
  };
}

export const COLUMNS = [
  'network',
  'parameters',
  'M multiply-adds',
  'provable %',
  'slices',
  'circuits',
  'budget',
  'constraints',
  'planning CPU s',
  'planning MiB',
  'all proofs CPU s',
  'M gas',
  'error %',
  'slices proved',
  'estimated CPU s',
  'measured CPU s',
  'estimated MiB',
  'measured MiB',
  'keys CPU s',
  'keys MiB',
] as const;

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

/**
 * @param most slices that are proved
 * @param rounds warm proofs of each slice
 * @returns a row of the table; of a network that is refused the reason stands for its slices
 */
export async function measureNetwork(
  network: string,
  { most = SAMPLED, rounds = ROUNDS } = {},
): Promise<Row> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
  try {
    const answer = await inFreshProcess('./networks/plan-once.ts', { network, folder, most }, answerSchema);
    const { parameters, cpuSeconds, peakBytes, refused = '', plan } = answer;
    const spent = [rounded(cpuSeconds, 1), mebibytes(peakBytes)];
    if (plan === undefined) {
      const row = [network, parameters, '', '', refused, '', '', '', ...spent];
      return [...row, ...COLUMNS.slice(row.length).map(() => '')];
    }
    const ids = plan.sampled;
    const proofs = await inFreshProcess('./networks/prove-once.ts', { folder, ids, rounds }, proofsSchema);
    return [
      network,
      parameters,
      rounded(plan.multiplyAdds / 1e6, 2),
      rounded(100 * plan.provable, 1),
      plan.slices,
      plan.circuits,
      `2^${Math.log2(plan.budget + STATEMENT_ROWS)}`,
      plan.constraints,
      ...spent,
      rounded(plan.seconds, 1),
      rounded(plan.gas / 1e6, 1),
      rounded(100 * plan.error, 2),
      ids.length,
      ...proofColumns(proofs),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function proofColumns(proofs: z.infer<typeof proofsSchema>): Row {
  type Proof = (typeof proofs)[number];
  const sum = (of: (proof: Proof) => number): number => proofs.reduce((total, proof) => total + of(proof), 0);
  const most = (of: (proof: Proof) => number): number => Math.max(0, ...proofs.map(of));
  return [
    rounded(
      sum(({ estimated }) => estimated.seconds),
      2,
    ),
    rounded(
      sum(({ seconds }) => seconds),
      2,
    ),
    Math.round(most(({ estimated }) => estimated.mebibytes)),
    mebibytes(most(({ peakBytes }) => peakBytes)),
    rounded(
      sum(({ keysCpu }) => keysCpu),
      1,
    ),
    rounded(sum(({ keyBytes }) => keyBytes) / 2 ** 20, 1),
  ];
}
