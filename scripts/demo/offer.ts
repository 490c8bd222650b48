import type { JobToPost } from '../../client/jobs/request.ts';
import type { ModelAsk, StatusReport } from '../../prover-node/status/report.ts';

/** What a node asks for the demo's model, and how it reckons. */
export interface NodeAsk {
  readonly safety: number;
  readonly model: ModelAsk;
}

export type Offer = JobToPost['offer'] &
  Required<Pick<JobToPost['offer'], 'rampSeconds' | 'bidWindow' | 'proveSeconds' | 'jobSeconds'>>;

const RAMP_SECONDS = 10;
const BID_WINDOW = 4;
/** Less would leave the aggregator no time to gather proofs. */
const LEAST_PROVE_SECONDS = 120;
const LEAST_COMMIT_SECONDS = 60;

/** What nodes ask for a model; undefined while one of them asks nothing for it yet. */
export function asksFor(
  reports: readonly StatusReport[],
  modelId: string,
  provable: number,
): readonly NodeAsk[] | undefined {
  const asks = reports.flatMap(({ capacitySafety: safety, models }) => {
    const model = models.find((one) => one.modelId === modelId);
    return model?.slices.length === provable ? [{ safety, model }] : [];
  });
  const complete = asks.length === reports.length && asks.some(({ model }) => model.execution !== null);
  return complete ? asks : undefined;
}

/**
 * An offer that every node can live with: at the end of the ramp it pays more than any of them asks, and even the
 * slowest could prove all slices of all jobs in one hold, as many times slower than measured as `slack` says.
 * @param jobs how many are posted at once
 * @param settleTip in 10^-18 of the asset
 */
export function offerFor(
  nodes: readonly NodeAsk[],
  { jobs, slack, settleTip }: { readonly jobs: number; readonly slack: number; readonly settleTip: bigint },
): Offer {
  const slices = nodes.flatMap(({ model }) => model.slices);
  const executions = nodes.flatMap(({ model }) => model.execution ?? []);
  const times = BigInt(Math.ceil(slack));
  const floors = slices.map(({ floor }) => BigInt(floor));
  const maxUnitPrice = times * most(slices.map(({ ask }) => BigInt(ask)));
  const slowest = Math.max(
    ...nodes.map(({ safety, model }) => safety * model.slices.reduce((sum, { seconds }) => sum + seconds, 0)),
  );
  const proveSeconds = Math.max(LEAST_PROVE_SECONDS, Math.ceil(slack * jobs * slowest));
  const execution = Math.max(...executions.map(({ seconds }) => seconds));
  return {
    minUnitPrice: floors.reduce((least, floor) => (floor < least ? floor : least), maxUnitPrice) / 4n || 1n,
    maxUnitPrice,
    // Cheap, and measured over a moment: it may turn out much slower.
    maxExecutionPrice: 5n * times * most(executions.map(({ price }) => BigInt(price))),
    settleTip,
    rampSeconds: RAMP_SECONDS,
    bidWindow: BID_WINDOW,
    proveSeconds,
    commitSeconds: Math.max(LEAST_COMMIT_SECONDS, Math.ceil(10 * slack * jobs * execution)),
    // A slice that lapses once can be held again, and be proved by its executor after that.
    jobSeconds: RAMP_SECONDS + BID_WINDOW + 4 * proveSeconds,
    validSeconds: 3600,
  };
}

function most(amounts: readonly bigint[]): bigint {
  return amounts.reduce((highest, amount) => (amount > highest ? amount : highest), 1n);
}
