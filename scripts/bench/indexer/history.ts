import { id, keccak256, toBeHex, ZeroAddress, zeroPadValue, type Interface } from 'ethers';
import { receiptsRoot, type Receipt } from '../../../indexer/sync/receipts.ts';
import type { Deployment } from '../../../protocol/contracts/deployment.ts';
import { ICircuitRegistry__factory } from '../../../protocol/contracts/generated/factories/interfaces/ICircuitRegistry__factory.ts';
import { IModelRegistry__factory } from '../../../protocol/contracts/generated/factories/interfaces/IModelRegistry__factory.ts';
import { ISliceMarket__factory } from '../../../protocol/contracts/generated/factories/interfaces/ISliceMarket__factory.ts';
import { packSliceSpec, packTensorSpec } from '../../../protocol/contracts/words.ts';
import { bloomOf } from './bloom.ts';
import { jobStages, STAGES, WEIGHTS, type Cast, type Emit } from './job.ts';

/** A log as an RPC gives it, without its place. */
interface Emitted {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/** A block as an RPC gives it, its receipts, and their logs. */
interface MadeBlock {
  readonly header: Readonly<Record<string, unknown>> & { readonly hash: string };
  readonly receipts: readonly (Readonly<Record<string, unknown>> & { readonly transactionHash: string })[];
  readonly logs: readonly (Emitted & Readonly<Record<string, unknown>>)[];
}

const PROVERS = 500;
const REQUESTERS = 2_000;
const JOBS_A_BLOCK = 4;
const SECONDS_A_BLOCK = 12;
const BEGAN = 1_700_000_000;
const REGISTERED = 1;
const DEPOSITED = 2;
const FIRST_JOBS = 3;
/** Blocks after the last event: more than can be undone. */
const QUIET = 100;
const KEPT_BLOCKS = 4_000;
const GAS = 300_000n;

const account = (name: string, number: number): string => `0x${id(`${name} ${number}`).slice(2, 42)}`;
const contract = (name: string): string => account(name, 0);

const interfaces: Readonly<Record<'circuits' | 'models' | 'market', Interface>> = {
  circuits: ICircuitRegistry__factory.createInterface(),
  models: IModelRegistry__factory.createInterface(),
  market: ISliceMarket__factory.createInterface(),
};
const addresses = {
  circuits: contract('circuits'),
  models: contract('models'),
  market: contract('market'),
} as const;

/** Encodes an event of one of the contracts. */
function emit(of: keyof typeof interfaces, name: string, values: readonly unknown[]): Emitted {
  const { topics, data } = interfaces[of].encodeEventLog(name, values);
  return { address: addresses[of], topics, data };
}

/**
 * A market's chain of any length, made block by block as it is asked for: one model, {@link PROVERS} provers of whom the first has a
 * fifth of all slices, and jobs of three provable slices that are posted, traced, bid on, settled and finalized, one in five of them
 * not to the end. Headers have the blooms and roots of their receipts.
 */
export class History {
  readonly deployment: Deployment;
  readonly slices: number;
  readonly head: number;
  readonly #jobs: number;
  readonly #blocks = new Map<number, MadeBlock>();
  readonly #numbers = new Map<string, number>();
  /** Of jobs at one price each; another job's are these with its names in the place of theirs. */
  readonly #templates: readonly (readonly Emitted[])[][];

  /** @param slices that jobs have together, at least */
  constructor(slices: number) {
    this.#jobs = Math.ceil(slices / WEIGHTS.length);
    this.slices = this.#jobs * WEIGHTS.length;
    this.head = FIRST_JOBS + Math.ceil(this.#jobs / JOBS_A_BLOCK) + STAGES + QUIET;
    const other = contract('another contract');
    this.deployment = {
      chainId: 31_337,
      block: REGISTERED,
      addresses: {
        asset: other,
        circuitRegistry: addresses.circuits,
        modelRegistry: addresses.models,
        verifier: other,
        market: addresses.market,
        lens: other,
        admissionLists: other,
        outputParts: other,
      },
    };
    const inMarket: Emit = (name, values) => emit('market', name, values);
    this.#templates = Array.from({ length: 16 }, (_, i) =>
      jobStages(TEMPLATE, MODEL, BigInt(1_000 + 37 * i), inMarket),
    );
  }

  block(number: number): MadeBlock | undefined {
    if (number < 0 || number > this.head) return undefined;
    const known = this.#blocks.get(number);
    if (known !== undefined) return known;
    const made = this.#make(number);
    this.#blocks.set(number, made);
    this.#numbers.set(made.header.hash, number);
    if (this.#blocks.size > KEPT_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value!);
    return made;
  }

  blockOf(hash: string): MadeBlock | undefined {
    const number = this.#numbers.get(hash);
    return number === undefined ? undefined : this.block(number);
  }

  #make(number: number): MadeBlock {
    const hash = hashOf(number);
    let logIndex = 0;
    let used = 0n;
    const receipts = this.#transactions(number).map((emitted, transactionIndex) => {
      const transactionHash = id(`transaction ${number} ${transactionIndex}`);
      used += GAS + BigInt(emitted.length) * 50_000n;
      const place = {
        blockHash: hash,
        blockNumber: toHex(number),
        transactionHash,
        transactionIndex: toHex(transactionIndex),
      };
      return {
        ...place,
        from: SETTLER,
        gasUsed: toHex(GAS + BigInt(emitted.length) * 50_000n),
        cumulativeGasUsed: toHex(used),
        effectiveGasPrice: '0x7',
        status: '0x1',
        type: '0x2',
        logsBloom: bloomOf(emitted),
        logs: emitted.map((log) => ({ ...log, ...place, logIndex: toHex(logIndex++), removed: false })),
      };
    });
    const logs = receipts.flatMap((receipt) => receipt.logs);
    const checked = receipts.map((receipt): Receipt => ({
      ...receipt,
      transactionIndex: Number(receipt.transactionIndex),
      gasUsed: BigInt(receipt.gasUsed),
      effectiveGasPrice: 7n,
      cumulativeGasUsed: BigInt(receipt.cumulativeGasUsed),
      status: 1n,
      type: 2n,
      logs: receipt.logs.map((log) => ({
        ...log,
        topics: [...log.topics],
        blockNumber: number,
        logIndex: Number(log.logIndex),
      })),
    }));
    const header = {
      number: toHex(number),
      hash,
      parentHash: number === 0 ? `0x${'00'.repeat(32)}` : hashOf(number - 1),
      timestamp: toHex(BEGAN + number * SECONDS_A_BLOCK),
      logsBloom: bloomOf(logs),
      receiptsRoot: receiptsRoot(checked),
      transactions: receipts.map(({ transactionHash }) => transactionHash),
    };
    return { header, receipts, logs };
  }

  /** What each transaction of a block emits. */
  #transactions(number: number): readonly (readonly Emitted[])[] {
    if (number === REGISTERED) return registrations();
    if (number === DEPOSITED) return deposits();
    const made: (readonly Emitted[])[] = [];
    // The oldest jobs first, as they reach their last stage.
    for (let stage = STAGES - 1; stage >= 0; stage--) {
      const group = number - FIRST_JOBS - stage;
      if (group < 0) continue;
      for (let job = group * JOBS_A_BLOCK; job < Math.min(this.#jobs, (group + 1) * JOBS_A_BLOCK); job++) {
        if (stage >= stagesOf(job)) continue;
        const template = this.#templates[job % this.#templates.length][stage];
        const transaction = template.map((log) => this.#withNames(log, job));
        // A settlement's events are of one transaction, others each of their own.
        made.push(...(stage === SETTLED ? [transaction] : transaction.map((log) => [log])));
      }
    }
    return made;
  }

  #withNames({ address, topics, data }: Emitted, job: number): Emitted {
    const cast = castOf(job);
    const renamed = (hex: string): string =>
      (Object.keys(TEMPLATE) as (keyof Cast)[]).reduce(
        (text, name) => text.replaceAll(TEMPLATE[name].slice(2), cast[name].slice(2)),
        hex,
      );
    return { address, topics: topics.map(renamed), data: renamed(data) };
  }
}

const SETTLED = 3;
const SETTLER = account('settler', 0);
export const TREASURY = account('treasury', 0);
const MODEL = id('model');
/** Whose names stand in the templates: none is a part of another or of a number. */
const TEMPLATE: Cast = {
  jobId: id('template job'),
  requester: account('template requester', 0),
  executor: account('template executor', 0),
  alice: account('template alice', 0),
  bob: account('template bob', 0),
  settler: SETTLER,
};

/** One in ten is left without bids, one in ten without a proof. */
function stagesOf(job: number): number {
  return job % 10 === 9 ? 2 : job % 10 === 8 ? 3 : STAGES;
}

function castOf(job: number): Cast {
  const drawn = BigInt(keccak256(toBeHex(job, 32)));
  const pick = (part: number, of: number): number => Number((drawn >> BigInt(part * 32)) & 0xffff_ffffn) % of;
  // The first prover is five times as busy as all others together would make it.
  const prover = (part: number): string =>
    account('prover', pick(part, 5) === 0 ? 0 : pick(part + 1, PROVERS));
  return {
    jobId: id(`job ${job}`),
    requester: account('requester', pick(0, REQUESTERS)),
    executor: prover(1),
    alice: prover(3),
    bob: prover(5),
    settler: SETTLER,
  };
}

function registrations(): readonly (readonly Emitted[])[] {
  const owner = account('owner', 0);
  const circuits = WEIGHTS.map((_, i) => [
    emit('circuits', 'CircuitRegistered', [
      i + 1,
      id(`key ${i}`),
      id('phase 1'),
      id(`setup ${i}`),
      3,
      contract(`store ${i}`),
      owner,
    ]),
  ]);
  const tensors = Array.from({ length: WEIGHTS.length + 1 }, () =>
    packTensorSpec({ count: 16, bits: 8, signed: true }),
  );
  const slices = WEIGHTS.map((weight, i) =>
    packSliceSpec({ circuit: i + 1, weight, inputs: [i], outputs: [i + 1] }),
  );
  const provable = (1n << BigInt(WEIGHTS.length)) - 1n;
  const model = [
    MODEL,
    owner,
    id('manifest'),
    contract('list'),
    1,
    [WEIGHTS.length],
    tensors,
    slices,
    provable,
  ];
  return [
    ...circuits,
    [emit('models', 'ModelRegistered', model)],
    [emit('market', 'TreasurySet', [TREASURY])],
    [emit('market', 'FeeSet', [250, BEGAN])],
  ];
}

function deposits(): readonly (readonly Emitted[])[] {
  const who = [
    ...Array.from({ length: PROVERS }, (_, i) => account('prover', i)),
    ...Array.from({ length: REQUESTERS }, (_, i) => account('requester', i)),
  ];
  return who.map((one) => [emit('market', 'Deposited', [one, ZeroAddress, 10n ** 24n])]);
}

function hashOf(number: number): string {
  return keccak256(zeroPadValue(toBeHex(number + 1), 32));
}

function toHex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
