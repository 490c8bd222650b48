import { z } from 'zod';
import { rounded, type Benchmark } from '../benchmark.ts';
import { inFreshProcess } from '../fresh.ts';
import { PLANNED_NETWORKS } from './planned.ts';

const answerSchema = z.object({
  parameters: z.number(),
  cpuSeconds: z.number(),
  peakBytes: z.number(),
  refused: z.string().optional(),
  plan: z
    .object({
      budget: z.number(),
      slices: z.number(),
      multiplyAdds: z.number(),
      provable: z.number(),
      constraints: z.number(),
      seconds: z.number(),
      gas: z.number(),
    })
    .optional(),
});

/** Networks in the shapes that people have, cut as `model plan` cuts them by itself. */
export const plans: Benchmark = {
  name: 'plans',
  title: 'Plans of networks that people have',
  run: async (log) => {
    const rows: (readonly (string | number)[])[] = [];
    for (const network of Object.keys(PLANNED_NETWORKS)) {
      log(network);
      const { parameters, cpuSeconds, peakBytes, refused, plan } = await inFreshProcess(
        './networks/plan-once.ts',
        { network },
        answerSchema,
      );
      const spent = [rounded(cpuSeconds, 1), Math.round(peakBytes / 2 ** 20)];
      rows.push(
        plan === undefined
          ? [network, parameters, '', '', refused ?? '', '', '', ...spent, '', '']
          : [
              network,
              parameters,
              rounded(plan.multiplyAdds / 1e6, 1),
              rounded(100 * plan.provable, 1),
              plan.slices,
              plan.budget,
              plan.constraints,
              ...spent,
              rounded(plan.seconds, 1),
              rounded(plan.gas / 1e6, 1),
            ],
      );
    }
    return {
      about:
        'Networks with random weights in 8 bits, quantised, cut and run once slice by slice as `model plan --mode auto` does, each in a fresh ' +
        'process. Proofs and gas are the planner’s estimates.',
      columns: [
        'network',
        'parameters',
        'M multiply-adds',
        'provable %',
        'slices',
        'budget',
        'constraints',
        'planning CPU s',
        'planning MiB',
        'proofs CPU s',
        'M gas',
      ],
      rows,
    };
  },
};
