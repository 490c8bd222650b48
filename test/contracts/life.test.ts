import type { ContractTransactionResponse } from 'ethers';
import { network } from 'hardhat';
import { packSliceSpec, packTensorSpec } from '../../protocol/contracts/words.ts';
import { hashTrace, showTrace } from '../../protocol/settlement/trace-hash.ts';
import { aggregate, bytesOf, whole, type Proved } from './support/batch.ts';
import {
  committedCircuit,
  normalForm,
  proveCommittedSum,
  sumCircuit,
  sumWitness,
} from './support/circuits.ts';
import { prove, setup } from './support/groth16.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { expectSnapshot } from './support/snapshot.ts';
import {
  CHALLENGE_SECONDS,
  JobState,
  NO_EXECUTION,
  OFFER,
  SETUP_DIGEST,
  TENSOR,
  TRACE_DIGEST,
  UNIT,
  createWorld,
} from './support/world.ts';

const PHASE1 = { tau: 11n, alpha: 13n, beta: 17n };
const CIRCUITS = 5;
/** Of the table in docs/protocol.md, behind the number of slices and their kind. */
const COLUMNS = ['post', 'execution', 'bid', 'settle', 'finalize', 'whole life, a slice'];

/** A chain of its own, so that the figures don't depend on what other tests did before. */
const chain = await network.create();
const { ethers } = chain;

async function used(sent: Promise<ContractTransactionResponse>): Promise<number> {
  return Number((await (await sent).wait())?.gasUsed);
}

/** Commitments that are of nothing. */
function traceOf(tensors: number): string[] {
  return Array.from({ length: tensors }, (_, i) =>
    ethers.toBeHex(BigInt(ethers.id(`tensor ${i}`)) >> 4n, 32),
  );
}

/** The chain's clock goes on while proofs are made: a hold lasts longer than any machine takes for them. */
const SLOWLY = { offer: { ...OFFER, proveSeconds: 6_000 }, jobSeconds: 40_000 };

type Kind = 'bits' | 'lookups';

/** A market with a circuit of each kind, or five, and models that are chains of so many slices of them. */
async function prepare(kind: Kind) {
  const w = await createWorld({}, chain);
  // As in every market that was paid a fee before: the entry is made once.
  await w.market.connect(w.outsider).deposit(w.treasury.address, 1n);
  const keys = Array.from({ length: CIRCUITS }, (_, i) =>
    kind === 'bits'
      ? setup(normalForm(sumCircuit(3)), PHASE1, 5000n + BigInt(i))
      : setup(normalForm(committedCircuit(3)), PHASE1, 6000n + BigInt(i), 7000n + BigInt(i)),
  );
  const first = Number(await w.circuits.circuitCount()) + 1;
  for (const { vk } of keys) await w.circuits.registerCircuit(vk, SETUP_DIGEST);
  const register = async (count: number): Promise<string> => {
    const tensors = Array.from({ length: count + 1 }, () => packTensorSpec(TENSOR));
    const slices = Array.from({ length: count }, (_, i) =>
      packSliceSpec({ circuit: first + (i % CIRCUITS), weight: 3 + (i % 7), inputs: [i], outputs: [i + 1] }),
    );
    const model = [ethers.id(`${count} slices`), tensors, 1, [count], slices] as [
      string,
      bigint[],
      number,
      number[],
      bigint[],
    ];
    const modelId = await w.models.registerModel.staticCall(...model);
    await w.models.registerModel(...model);
    return modelId;
  };
  const proofOf = (slice: number, signals: bigint[]): Proved => {
    const key = keys[slice % CIRCUITS];
    const salt = BigInt(slice) + 5n;
    return {
      circuit: BigInt(first + (slice % CIRCUITS)),
      signals,
      proof:
        kind === 'bits' ? prove(key, sumWitness(signals), salt, 7n) : proveCommittedSum(key, signals, salt),
    };
  };
  return { w, register, proofOf };
}

const PAGE = path.join(import.meta.dirname, '../../docs/protocol.md');

/** The table of these figures in docs/protocol.md, which is written with the snapshots. */
function expectTable(figures: Readonly<Record<string, number>>): void {
  const jobs = Object.keys(figures).flatMap((name) => /^(.*): post$/.exec(name)?.slice(1) ?? []);
  const rows = jobs.map((job) => {
    const [, count, kind] = /^(\d+) slices, (\w+)$/.exec(job) ?? [];
    const cells = COLUMNS.map((column) => figures[`${job}: ${column}`].toLocaleString('en-US'));
    return `| ${[count, kind, ...cells].join(' | ')} |`;
  });
  const plain = (row: string): string => row.replaceAll(/ +/g, ' ').trim();
  const lines = readFileSync(PAGE, 'utf8').split('\n');
  const isRow = (line: string): boolean => /^\|\s+\d+ \| (bits|lookups)\s+\|/.test(line);
  const first = lines.findIndex(isRow);
  if (process.env['UPDATE_SNAPSHOTS'] === '1') {
    const others = lines.filter((line) => !isRow(line));
    writeFileSync(PAGE, [...others.slice(0, first), ...rows, ...others.slice(first)].join('\n'));
    return;
  }
  expect(lines.filter(isRow).map(plain), 'the table in docs/protocol.md').to.deep.equal(rows);
}

/** What a job that a node executes and another proves takes, from its post to its end. */
describe('gas of a whole life, exactly as committed', () => {
  const figures: Record<string, number> = {};

  after(() => {
    expectSnapshot('gas-life.json', figures);
    expectTable(figures);
  });

  for (const [kind, sizes] of [
    ['bits', [1, 5, 64, 256]],
    ['lookups', [1, 5, 64]],
  ] as const) {
    for (const count of sizes) {
      it(`of a job of ${count} slices, ${kind}`, async () => {
        const { w, register, proofOf } = await prepare(kind);
        const modelId = await register(count);
        const trace = traceOf(count + 1);
        const traceHash = hashTrace(trace);
        const all = (1n << BigInt(count)) - 1n;
        const request = w.request({ modelId, inputs: [trace[0]], outputCommitmentOnly: true, ...SLOWLY });
        const name = `${count} slices, ${kind}`;
        const costs = {
          post: await used(w.market.connect(w.requester).post(request, '0x')),
          execution: 0,
          bid: 0,
          settle: 0,
          finalize: 0,
        };
        const jobId = await w.market.jobIdOf(request);
        const executor = w.market.connect(w.executor);
        const abi = w.market.interface;
        const claim = abi.encodeFunctionData('claimExecution', [w.executor.address, jobId]);
        const requestId = await w.requestId(jobId);
        const commit = abi.encodeFunctionData('commitTrace', [jobId, requestId, trace, TRACE_DIGEST, []]);
        costs.execution = await used(executor.multicall([claim, commit]));
        costs.bid = await used(w.market.connect(w.alice).bid(w.alice, jobId, traceHash, all, UNIT));
        await chain.networkHelpers.time.increase(Math.max(OFFER.bidWindow, CHALLENGE_SECONDS) + 1);
        const proved: Proved[] = [];
        for (let slice = 0; slice < count; slice++) {
          proved.push(proofOf(slice, [...(await w.market.signalsOf(jobId, slice, w.alice.address, trace))]));
        }
        const submission = { chainId: w.chainId, market: w.addresses.market, settler: w.settler.address };
        const groups = [{ prover: w.alice.address, bid: 0, slices: all }];
        const proofs = bytesOf(aggregate(proved, submission));
        costs.settle = await used(
          w.market.connect(w.settler).settle([{ jobId, ...whole(trace), groups }], proofs),
        );
        costs.finalize = await used(w.market.connect(w.outsider).finalize(jobId));
        for (const [step, gas] of Object.entries(costs)) figures[`${name}: ${step}`] = gas;
        const life = Object.values(costs).reduce((sum, gas) => sum + gas, 0);
        figures[`${name}: whole life, a slice`] = Math.ceil(life / count);
      });
    }
  }

  for (const count of [64, 256]) {
    it(`of one slice of a job of ${count} that is settled by itself`, async () => {
      const { w, register, proofOf } = await prepare('bits');
      const trace = traceOf(count + 1);
      const request = w.request({
        modelId: await register(count),
        inputs: [trace[0]],
        execution: { ...NO_EXECUTION },
      });
      await w.market.connect(w.requester).postWithTrace(request, trace, TRACE_DIGEST);
      const jobId = await w.market.jobIdOf(request);
      const slice = count - 2;
      const bidding = w.market.connect(w.alice);
      await bidding.bid(w.alice, jobId, hashTrace(trace), 1n << BigInt(slice), UNIT);
      await chain.networkHelpers.time.increase(OFFER.bidWindow + 1);
      const signals = [...(await w.market.signalsOf(jobId, slice, w.alice.address, trace))];
      const submission = { chainId: w.chainId, market: w.addresses.market, settler: w.settler.address };
      const groups = [{ prover: w.alice.address, bid: 0, slices: 1n << BigInt(slice) }];
      const proofs = bytesOf(aggregate([proofOf(slice, signals)], submission));
      const { shown, trace: given } = showTrace(trace, [slice, slice + 1]);
      figures[`1 of ${count} slices, bits: settle`] = await used(
        w.market.connect(w.settler).settle([{ jobId, shown, trace: [...given], groups }], proofs),
      );
    });
  }

  for (const count of [1, 5]) {
    it(`of a job of ${count} slices that one node proves before it takes it: two transactions`, async () => {
      const { w, register, proofOf } = await prepare('bits');
      const trace = traceOf(count + 1);
      const all = (1n << BigInt(count)) - 1n;
      const wanted = { outputCommitmentOnly: true, challengeSeconds: 0, ...SLOWLY };
      const request = w.request({ modelId: await register(count), inputs: [trace[0]], ...wanted });
      const post = await used(w.market.connect(w.requester).post(request, '0x'));
      const jobId = await w.market.jobIdOf(request);
      const requestId = await w.requestId(jobId);
      const executor = w.market.connect(w.executor);
      const abi = w.market.interface;
      const execution = [
        abi.encodeFunctionData('claimExecution', [w.executor.address, jobId]),
        abi.encodeFunctionData('commitTrace', [jobId, requestId, trace, TRACE_DIGEST, []]),
      ];
      const proved: Proved[] = [];
      for (let slice = 0; slice < count; slice++) {
        // Known before there is a trace on chain: they follow from the job and the trace alone.
        const asked = abi.encodeFunctionData('signalsOf', [jobId, slice, w.executor.address, trace]);
        const told = await executor.multicall.staticCall([...execution, asked]);
        const [of] = abi.decodeFunctionResult('signalsOf', told[2]) as unknown as [bigint[]];
        proved.push(proofOf(slice, [...of]));
      }
      const submission = {
        chainId: w.chainId,
        market: w.addresses.market,
        settler: w.executor.address,
      };
      const groups = [{ prover: w.executor.address, bid: 0, slices: all }];
      const settle = abi.encodeFunctionData('settle', [
        [{ jobId, ...whole(trace), groups }],
        bytesOf(aggregate(proved, submission)),
      ]);
      const finalize = abi.encodeFunctionData('finalize', [jobId]);
      const rest = await used(executor.multicall([...execution, settle, finalize]));
      const { state, settledCount } = await w.market.jobOf(jobId);
      expect([state, settledCount]).to.deep.equal([JobState.Finalized, BigInt(count)]);
      expect((await w.market.accountOf(w.executor.address)).reserved).to.equal(0n);
      figures[`${count} slices by one node: all but post`] = rest;
      figures[`${count} slices by one node: whole life, a slice`] = Math.ceil((post + rest) / count);
    });
  }

  it('of posting 256 slices with audits: those drawn are the heaviest that may be', async () => {
    const { w, register } = await prepare('bits');
    const modelId = await register(256);
    for (const audits of [1, 100]) {
      const request = w.request({
        modelId,
        inputs: [traceOf(1)[0]],
        outputCommitmentOnly: true,
        required: 1n,
        audits,
      });
      figures[`256 slices, bits: post, ${audits} to be drawn`] = await used(
        w.market.connect(w.requester).post(request, '0x'),
      );
    }
  });
});
