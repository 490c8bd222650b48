import { z } from 'zod';
import { reportedWait, reportedWaitSchema, type Waiting } from '../../protocol/chain/sending/waits.ts';
import type { Workforce } from '../bid/capacity.ts';
import type { Executor } from '../execute/executor.ts';
import type { Model, ModelCatalog } from '../model/catalog.ts';
import type { Circuits } from '../model/circuits.ts';
import { refusedSchema, type RefusedModel } from '../model/refused-models.ts';
import type { Readiness } from '../model/readiness.ts';
import { askingPrice } from '../pricing/cost.ts';
import type { Pricer } from '../pricing/pricer.ts';
import { NOT_MEASURED, ownMaximum, REASON_CODES, type Amount, type Reason } from '../reasons.ts';
import { AILMENT_CODES, NOTE_CODES, type Ailment, type Note } from './health.ts';
import type { Outlook } from './outlook.ts';

const reasonSchema = z.object({ code: z.enum(REASON_CODES), text: z.string() });
const amountSchema = z.string().regex(/^\d{1,80}$/);

/** What a node asks for a slice; prices for a constraint, in 10^-18 of the asset. */
const sliceAskSchema = z.object({
  slice: z.number(),
  weight: z.number(),
  constraints: z.number(),
  /** What its proof takes here, measured. */
  seconds: z.number(),
  floor: amountSchema,
  ask: amountSchema,
});

const modelAskSchema = z.object({
  modelId: z.string(),
  /** Null when the node doesn't execute, or has not run the model yet. */
  execution: z.object({ seconds: z.number(), price: amountSchema }).nullable(),
  slices: z.array(sliceAskSchema),
  /** Provable slices that it asks nothing for. */
  missing: z.array(reasonSchema.extend({ slice: z.number() })),
});

/** What `GET /status` of a node answers. */
export const statusSchema = z.object({
  name: z.string(),
  account: z.string().nullable(),
  /** `working`, or what the node does before it can. */
  doing: z.string(),
  /** Why it can't do its work; nothing: it can. */
  health: z.array(z.object({ code: z.enum(AILMENT_CODES), text: z.string() })),
  /** What its operator should know, although it can do its work. */
  notes: z.array(z.object({ code: z.enum(NOTE_CODES), text: z.string() })),
  /** What the transaction under way waits for; null: nothing is waited for. */
  underWay: reportedWaitSchema,
  /** Proofs at once, and how many times their measured time each is reckoned to take. */
  workers: z.number(),
  capacitySafety: z.number(),
  models: z.array(modelAskSchema),
  /** Slices' ONNX models that ended or held up the process that ran them, and are not run any more. */
  refusedModels: z.array(refusedSchema),
  jobs: z.array(
    z.object({
      jobId: z.string(),
      execution: reasonSchema.nullable(),
      slices: z.array(reasonSchema.extend({ slice: z.number() })),
    }),
  ),
});

export type StatusReport = z.infer<typeof statusSchema>;
export type ModelAsk = z.infer<typeof modelAskSchema>;
export type ReportedReason = z.infer<typeof reasonSchema>;

export interface AskingOptions {
  readonly catalog: ModelCatalog;
  /** Undefined when the node doesn't prove. */
  readonly proving: { readonly circuits: Circuits; readonly readiness: Readiness } | undefined;
  /** Undefined when the node doesn't execute. */
  readonly executor: Executor | undefined;
  readonly pricer: Pricer;
  readonly feeBps: number;
  readonly amount: Amount;
}

/** What the node asks for the models that it knows, as things are now. */
export function asksOf(options: AskingOptions, gasPrice: bigint): ModelAsk[] {
  return options.catalog.all().map((model) => {
    const { modelId } = model.registered;
    const execution = options.executor?.ask(modelId, gasPrice);
    return {
      modelId,
      execution: execution ? { seconds: execution.seconds, price: execution.price.toString() } : null,
      ...sliceAsks(model, options, gasPrice),
    };
  });
}

function sliceAsks(
  { registered, manifest }: Model,
  { proving, pricer, feeBps, amount }: AskingOptions,
  gasPrice: bigint,
): Pick<ModelAsk, 'slices' | 'missing'> {
  const slices: ModelAsk['slices'] = [];
  const missing: ModelAsk['missing'] = [];
  if (!proving) return { slices, missing };
  const { modelId } = registered;
  for (const { id: slice, provable } of manifest.slices) {
    if (!provable) continue;
    const circuit = proving.circuits.get(modelId, slice);
    if (!circuit) {
      missing.push({ slice, ...reported(proving.readiness.whyNoCircuit(modelId, slice), amount) });
      continue;
    }
    const { weight } = registered.slices[slice];
    const { seconds, cost } = pricer.slice(circuit, gasPrice, 'bid');
    if (!Number.isFinite(seconds)) {
      missing.push({ slice, ...reported(NOT_MEASURED, amount) });
      continue;
    }
    const price = askingPrice(pricer.policy, cost, BigInt(weight), feeBps);
    if (!price) {
      missing.push({ slice, ...reported(ownMaximum(cost, pricer.policy.maxUnitPrice), amount) });
      continue;
    }
    const { constraints } = circuit;
    slices.push({ slice, weight, constraints, seconds, floor: `${price.floor}`, ask: `${price.ask}` });
  }
  return { slices, missing };
}

function reported({ code, say }: Reason, amount: Amount): ReportedReason {
  return { code, text: say(amount) };
}

/** The node's status in words. */
export function reportOf(
  outlook: Outlook,
  who: Pick<StatusReport, 'name' | 'account'>,
  {
    capacity: { workers, safety },
    models,
    refusedModels,
    health,
    notes,
    waiting,
    amount,
  }: {
    readonly capacity: Workforce;
    readonly models: readonly ModelAsk[];
    readonly refusedModels: readonly RefusedModel[];
    readonly health: readonly Ailment[];
    readonly notes: readonly Note[];
    readonly waiting: Waiting | undefined;
    readonly amount: Amount;
  },
): StatusReport {
  return {
    ...who,
    doing: outlook.doing,
    health: [...health],
    notes: [...notes],
    underWay: reportedWait(waiting),
    workers,
    capacitySafety: safety,
    models: [...models],
    refusedModels: [...refusedModels],
    jobs: outlook.jobs().map(({ jobId, execution, slices }) => ({
      jobId,
      execution: execution ? reported(execution, amount) : null,
      slices: [...slices]
        .sort(([a], [b]) => a - b)
        .map(([slice, reason]) => ({ slice, ...reported(reason, amount) })),
    })),
  };
}
