import { unpackValues, type TensorSpec } from '../../protocol/commitment/commit.ts';
import { setupDigestOf } from '../../protocol/contracts/setup-digest.ts';
import type { PrismaClient } from '../database/client.ts';
import type { LedgerKind } from '../generated/prisma/client.ts';
import type { ModelCard, SliceCard } from '../published/model-card.ts';
import { MOST_VALUES } from '../published/published.ts';
import { readRevealed } from '../projection/events.ts';
import type { Builder } from './builder.ts';
import { LARGEST_MODEL } from './limits.ts';
import type { Objects } from './objects.ts';

/** Tensors of one job that are shown at most, as far as a request's cost goes: who asks for all of many jobs asks for much. */
const MOST_OPEN = 16;
const DEVELOPMENT = setupDigestOf({ setup: 'development' });

/** A tensor that anybody can look at. */
interface OpenValues {
  readonly tensor: number;
  readonly values: readonly number[];
}

/** What lies behind the digests on chain: manifests, revealed outputs, public inputs. */
export function addPublished(builder: Builder, { Circuit, Job, Model }: Objects): void {
  const SetupKind = builder.enumType('SetupKind', {
    description: 'How the keys of a circuit came about.',
    values: {
      DEVELOPMENT: {
        description: 'Whoever made them can forge proofs: fit to develop with, not to rely on.',
      },
      CEREMONY: {
        description:
          'Its registrant names the transcript of a ceremony: a claim until `sliceproof model audit` checks it.',
      },
      EXTERNAL: { description: 'There are none: another contract verifies.' },
    } as const,
  });
  builder.objectField(Circuit, 'setup', (t) =>
    t.field({
      type: SetupKind,
      description: 'Follows from `setupDigest`: keys of development have one and the same.',
      resolve: ({ verifier, setupDigest }) =>
        verifier !== null ? 'EXTERNAL' : setupDigest === DEVELOPMENT ? 'DEVELOPMENT' : 'CEREMONY',
    }),
  );
  const Manifest = addManifest(builder);
  builder.objectField(Model, 'manifest', (t) =>
    t.field({
      type: Manifest,
      nullable: true,
      extensions: { volatile: true },
      description:
        'What the publisher says of it, checked against `manifestDigest`. Absent where this indexer knows no store that has it.',
      resolve: async ({ manifestDigest, sliceCount }, _args, { published }) => {
        const card = await published.card(manifestDigest);
        return card?.slices.length === sliceCount ? card : null;
      },
    }),
  );
  const TensorValues = builder.objectRef<OpenValues>('TensorValues').implement({
    description: 'The integers of a tensor, row-major.',
    fields: (t) => ({
      tensor: t.exposeInt('tensor', { description: 'Its number in the model.' }),
      values: t.exposeFloatList('values', {
        description: 'Whole numbers, exact as JSON has them.',
        extensions: { most: MOST_VALUES },
      }),
    }),
  });
  builder.objectField(Job, 'revealedOutputs', (t) =>
    t.field({
      type: [TensorValues],
      nullable: true,
      extensions: { most: MOST_OPEN },
      description: `What the chain showed of the outputs with the trace; the market checked it. Absent: nothing, or more than ${MOST_VALUES} values.`,
      resolve: (job, _args, { prisma }) => (job.outputDigest === null ? null : revealedOf(prisma, job)),
    }),
  );
  builder.objectField(Job, 'publicInputs', (t) =>
    t.field({
      type: [TensorValues],
      nullable: true,
      extensions: { most: MOST_OPEN, volatile: true },
      description:
        'The inputs, checked against their commitments, where a store that this indexer knows gives them to everybody.',
      resolve: async (job, _args, { prisma, reads, published }) => {
        const specs = await specsOf(prisma, job.modelId);
        const inputs = await reads.list('Job', 'inputs', job.id);
        const wanted = inputs.map((commitment, id) => ({
          id,
          spec: specs[id],
          commitment: BigInt(commitment),
        }));
        const opened = await published.tensors(job.inputDigest, wanted);
        return opened === undefined ? null : opened.map((values, tensor) => ({ tensor, values }));
      },
    }),
  );
}

function addManifest(builder: Builder) {
  const ManifestTensor = builder.objectRef<ModelCard['tensors'][number]>('ManifestTensor').implement({
    description: 'What a publisher says of a tensor.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Whatever the publisher calls it.' }),
      shape: t.exposeIntList('shape', {
        description: 'Its dimensions, outermost first.',
        extensions: { most: 16 },
      }),
    }),
  });
  const ManifestSlice = builder.objectRef<SliceCard>('ManifestSlice').implement({
    description: 'What a publisher says of a slice.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Whatever the publisher calls it.' }),
      operators: t.exposeStringList('operators', {
        extensions: { most: 64 },
        description: 'ONNX operators, in order.',
      }),
      constraints: t.exposeInt('constraints', { description: 'Rows that a prover proves.' }),
      system: t.exposeString('system', {
        nullable: true,
        description: 'The proof system of an external verifier.',
      }),
    }),
  });
  const Accuracy = builder.objectRef<ModelCard['accuracy']>('Accuracy').implement({
    description:
      'How well the integer model follows the float model, on held-out samples; fractions of 0 to 1.',
    fields: (t) => ({
      samples: t.exposeInt('samples', { description: 'How many samples it was measured on.' }),
      top1Float: t.exposeFloat('top1Float', {
        description: 'How often the float model’s first class is right.',
      }),
      top1Quantised: t.exposeFloat('top1Quantised', { description: 'How often the integer model’s is.' }),
      top1Agreement: t.exposeFloat('top1Agreement', { description: 'How often both name the same class.' }),
    }),
  });
  return builder.objectRef<ModelCard>('Manifest').implement({
    description: 'What a publisher says of a model: names are whatever it chose.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Whatever the publisher calls it.' }),
      tensors: t.field({
        type: [ManifestTensor],
        description: 'By their number in the model.',
        extensions: { most: LARGEST_MODEL.tensors },
        resolve: ({ tensors }) => tensors,
      }),
      slices: t.field({
        type: [ManifestSlice],
        description: 'By their number in the model.',
        extensions: { most: LARGEST_MODEL.slices },
        resolve: ({ slices }) => slices,
      }),
      accuracy: t.field({
        type: Accuracy,
        description: 'How well its integers do.',
        resolve: ({ accuracy }) => accuracy,
      }),
      labels: t.exposeStringList('labels', {
        extensions: { most: 1024 },
        description: 'Of the classes, where outputs are scores.',
      }),
    }),
  });
}

interface TracedJob {
  readonly id: string;
  readonly modelId: string;
  readonly blockNumber: number;
}

/** What moves money for a job once it has a trace, and not before. */
const AFTER_THE_TRACE: readonly LedgerKind[] = [
  'COLLATERAL',
  'SLICE_PAID',
  'CHALLENGE',
  'EXECUTION_PAID',
  'REFUND',
  'BOND_RELEASED',
];

/** The outputs are in an event beside the trace's: between the job's block and the first in which its trace was of use. */
async function revealedOf(prisma: PrismaClient, job: TracedJob): Promise<readonly OpenValues[] | null> {
  const used = await prisma.ledgerEntry.findFirst({
    where: { jobId: job.id, kind: { in: [...AFTER_THE_TRACE] } },
    orderBy: { sequence: 'asc' },
  });
  const events = await prisma.event.findMany({
    where: {
      blockNumber: { gte: job.blockNumber, ...(used === null ? {} : { lte: used.blockNumber }) },
      name: 'OutputRevealed',
      topics: { has: job.id },
    },
    take: 1,
  });
  const [revealed] = events.map(({ topics, data }) => readRevealed(topics, data));
  const model = await prisma.model.findUnique({ where: { id: job.modelId } });
  if (revealed === undefined || model?.outputs.length !== revealed.outputs.length) return null;
  const specs = await specsOf(prisma, job.modelId);
  const opened = model.outputs.map((tensor, i) => ({ tensor, words: revealed.outputs[i].words }));
  if (opened.some(({ tensor }) => specs[tensor].count > MOST_VALUES)) return null;
  return opened.map(({ tensor, words }) => ({
    tensor,
    values: Array.from(unpackValues(specs[tensor], words)),
  }));
}

/** By the tensors' numbers. */
async function specsOf(prisma: PrismaClient, modelId: string): Promise<readonly TensorSpec[]> {
  const tensors = await prisma.modelTensor.findMany({ where: { modelId }, orderBy: { index: 'asc' } });
  return tensors.map(({ count, bits, signed }) => ({ count: Number(count), bits, signed }));
}
