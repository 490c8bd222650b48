import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { OperationTypeNode, parse, type OperationDefinitionNode } from 'graphql';
import { writeCursor } from '../../../indexer/graphql/cursor.ts';

/** A request whose cost is measured. */
export interface Query {
  readonly name: string;
  readonly text: string;
}

const page = path.resolve(import.meta.dirname, '..', '..', '..', 'docs', 'graphql.md');

/** What requests are about that name something. */
export interface Named {
  readonly jobId: string;
  readonly prover: string;
  readonly requester: string;
  readonly settlement: string;
  readonly modelId: string;
  /** Of a slice in the middle of all. */
  readonly sequence: string;
  readonly timestamp: number;
  readonly blockNumber: number;
}

/** Every query of docs/graphql.md, and what people ask besides: orders, counts, filters, deep pages. */
export async function queriesOf(named: Named): Promise<readonly Query[]> {
  return [...(await documented()), ...others(named)];
}

async function documented(): Promise<readonly Query[]> {
  const text = await readFile(page, 'utf8');
  // The sentence before an example says what it is.
  const examples = [...text.matchAll(/([^\n]+)\n\n```graphql\n([\s\S]*?)```/g)];
  return examples.flatMap(([, said, example]) => {
    const { operation } = parse(example).definitions[0] as OperationDefinitionNode;
    return operation === OperationTypeNode.QUERY
      ? [{ name: `docs: ${said.slice(0, 60)}`, text: example }]
      : [];
  });
}

function others(named: Named): readonly Query[] {
  const { jobId, prover, requester, settlement, modelId, sequence, timestamp, blockNumber } = named;
  const deep = writeCursor({ column: 'sequence', value: sequence, id: 'z' });
  const all: Readonly<Record<string, string>> = {
    'a job with its slices and proofs': `{ job(id: "${jobId}") { state slices { index state holder price proof { prover { id } } } } }`,
    'open due slices':
      '{ slices(where: { state: { equals: OPEN }, due: { equals: true } }) { nodes { id job { maxUnitPrice } } } }',
    'held slices by raise':
      '{ slices(where: { state: { equals: HELD } }, orderBy: { field: RAISE }) { nodes { id price } } }',
    'slices by change': '{ slices(orderBy: { field: CHANGED }) { nodes { id state changedAt } } }',
    'slices, deep in the list': `{ slices(first: 20, after: "${deep}") { nodes { id } } }`,
    'slices, counted': '{ slices(first: 1) { totalCount } }',
    'open slices, counted': '{ slices(where: { state: { equals: OPEN } }) { totalCount nodes { id } } }',
    'ledger, counted': '{ ledger(first: 1) { totalCount } }',
    'jobs by escrow': '{ jobs(orderBy: { field: ESCROW }) { nodes { id initialEscrow } } }',
    'finalized jobs by price':
      '{ jobs(where: { state: { equals: FINALIZED } }, orderBy: { field: MAX_UNIT_PRICE }) { nodes { id } } }',
    'jobs of a time': `{ jobs(where: { timestamp: { gte: ${timestamp}, lt: ${timestamp + 3600} } }) { nodes { id } totalCount } }`,
    'proofs of some blocks': `{ proofs(where: { blockNumber: { gte: ${blockNumber}, lt: ${blockNumber + 1000} } }) { totalCount nodes { price } } }`,
    'proofs by price': '{ proofs(orderBy: { field: PRICE }) { nodes { id price } } }',
    'bids of the busiest prover by price': `{ prover(address: "${prover}") { bids(orderBy: { field: PRICE }) { nodes { id price } } } }`,
    'the busiest prover': `{ prover(address: "${prover}") { earned proofs { totalCount nodes { price slice { index jobId } } } bids { totalCount nodes { price state } } account { ledger { nodes { kind balanceChange } } } } }`,
    'jobs of a requester': `{ account(address: "${requester}") { balance roles jobs { nodes { id state } } } }`,
    'a settlement with its proofs': `{ settlement(transactionHash: "${settlement}") { gasUsed proofs { nodes { price prover { id } slice { index jobId } } } } }`,
    '100 settlements with their proofs':
      '{ settlements(first: 100) { nodes { id proofs { nodes { price prover { id } slice { index jobId } } } } } }',
    'settlements by gas': '{ settlements(orderBy: { field: GAS_USED }) { nodes { id gasUsed } } }',
    'bids of a transaction': `{ bids(where: { transactionHash: { equals: "${settlement}" } }) { nodes { id } } }`,
    'ledger of a job': `{ job(id: "${jobId}") { ledger(first: 50) { nodes { kind balanceChange account { id } } } } }`,
    'provers by earnings, with their days':
      '{ provers(first: 50) { nodes { id earned periods(length: DAY, last: 14) { start earned } } } }',
    'a week by the hour':
      '{ periods(length: HOUR, last: 168) { start slices volume gasPerSlice success activeProvers unitPrices { p10 p50 p90 } secondsToProof { p50 } } }',
    'a model’s days': `{ periods(length: DAY, model: "${modelId}", last: 366) { start volume unitPrices { p50 } } }`,
    'a search by a prefix': `{ search(text: "${jobId.slice(0, 6)}") { kind key node { nodeId } } }`,
  };
  return Object.entries(all).map(([name, text]) => ({ name, text }));
}
