import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SliceproofError } from '../../protocol/errors.ts';
import { statusSchema, type StatusReport } from '../../prover-node/status/report.ts';
import { asksFor, type NodeAsk } from './offer.ts';
import type { Screen } from './screen.ts';
import { NODE_NAMES, type NodeName, type Places } from './services.ts';
import { whileWaiting } from './waiting.ts';
import { ask } from './ask.ts';

const LOOK_MS = 1000;

/** What each node says of itself now. @throws SliceproofError DEMO_NODE_STATUS */
export async function askNodes({ nodes }: Pick<Places, 'nodes'>): Promise<readonly StatusReport[]> {
  return Promise.all(
    NODE_NAMES.map(async (name) => {
      const response = await ask(`${nodes[name]}/status`);
      const report = statusSchema.safeParse(await response.json());
      if (report.success) return report.data;
      throw new SliceproofError('DEMO_NODE_STATUS', `expected a status at ${nodes[name]}/status`, {
        cause: report.error,
      });
    }),
  );
}

const proofsSchema = z.object({
  proofs: z.array(
    z.object({
      jobId: z.string(),
      slice: z.number(),
      proveSeconds: z.number(),
      cpuSeconds: z.number(),
      peakRssBytes: z.number(),
    }),
  ),
});

/** A proof, and who made it. */
export type NodeProof = z.infer<typeof proofsSchema>['proofs'][number] & { readonly node: NodeName };

/** What each proof took that the nodes have made. */
export async function readProofs({ nodes }: Pick<Places, 'nodes'>): Promise<readonly NodeProof[]> {
  const made = await Promise.all(
    NODE_NAMES.map(async (node) => {
      const response = await ask(`${nodes[node]}/proofs`);
      const { proofs } = proofsSchema.parse(await response.json());
      return proofs.map((proof) => ({ ...proof, node }));
    }),
  );
  return made.flat();
}

/** Waits until every node has checked the model and knows what it asks for it. */
export async function nodesAsks(
  places: Pick<Places, 'nodes'>,
  modelId: string,
  provable: number,
  screen: Screen,
): Promise<readonly NodeAsk[]> {
  let waitingFor = 'the nodes measure';
  const work = async (): Promise<readonly NodeAsk[]> => {
    for (;;) {
      const reports = await askNodes(places);
      const asks = asksFor(reports, modelId, provable);
      if (asks) return asks;
      waitingFor = `the nodes check the model's circuits: ${reports
        .map((report) => `${report.name} ${readyOf(report, modelId)} of ${provable}`)
        .join(', ')}`;
      await sleep(LOOK_MS);
    }
  };
  return whileWaiting(screen, work(), () => waitingFor);
}

function readyOf({ models }: StatusReport, modelId: string): number {
  return models.find((model) => model.modelId === modelId)?.slices.length ?? 0;
}

/** Why a job's parts are left, each node in its own words; the same words of one node once. */
export function reasonsOf(reports: readonly StatusReport[], jobId: string): readonly string[] {
  return reports.flatMap(({ name, doing, jobs }) => {
    const job = jobs.find((one) => one.jobId === jobId);
    if (!job) return [`${name}: ${doing}, does not see the job`];
    const said = new Map<string, number[]>();
    for (const { slice, code, text } of job.slices) {
      if (code === 'HELD_BY_OTHER') continue;
      said.set(`${code}: ${text}`, [...(said.get(`${code}: ${text}`) ?? []), slice]);
    }
    const { execution } = job;
    return [
      ...(execution && execution.code !== 'EXECUTION_OVER'
        ? [`${name}: execution ${execution.code}: ${execution.text}`]
        : []),
      ...[...said].map(([text, slices]) => `${name}: slice ${slices.join(', ')} ${text}`),
    ];
  });
}
