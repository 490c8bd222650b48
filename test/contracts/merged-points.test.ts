import { expect } from 'chai';
import { aggregate, argumentsOf } from './support/batch.ts';
import type { Proved } from './support/batch.ts';
import { ethers, networkHelpers } from './support/chain.ts';
import {
  committedCircuit,
  normalForm,
  proveCommittedSum,
  sumCircuit,
  sumWitness,
} from './support/circuits.ts';
import { Q, R } from './support/field.ts';
import { prove, setup } from './support/groth16.ts';
import type { Circuit, TrapdoorKey } from './support/groth16.ts';

const PHASE1 = { tau: 123_456_789n, alpha: 987_654_321n, beta: 192_837_465n };
const OTHER_PHASE1 = { tau: 55_555n, alpha: 66_666n, beta: 77_777n };
const DIGEST = ethers.id('setup');
/** Where chains multiply points of the first group. */
const MULTIPLICATION = 7n;

/** A circuit in normal form but for one of its public wires, which stands in another row too. */
function partlyNormal(signals: number, wire: number): Circuit {
  const circuit = normalForm(sumCircuit(signals));
  return {
    ...circuit,
    constraints: circuit.constraints.with(circuit.constraints.length - 1, [{ [wire]: 1n }, {}, {}]),
  };
}

async function deployed() {
  const [settler] = await ethers.getSigners();
  const registry = await ethers.deployContract('CircuitRegistry');
  const verifier = await ethers.deployContract('Groth16BatchVerifier', [await registry.getAddress()]);
  let delta = 1000n;
  const of = (circuit: Circuit, phase1 = PHASE1): TrapdoorKey => {
    delta += 1n;
    return setup(circuit, phase1, delta, circuit.committed === undefined ? 0n : delta + 1000n);
  };
  const keys = {
    three: of(normalForm(sumCircuit(3))),
    again: of(normalForm(sumCircuit(3, 2n))),
    five: of(normalForm(sumCircuit(5, 3n))),
    lookups: of(normalForm(committedCircuit(3))),
    otherLookups: of(normalForm(committedCircuit(5))),
    otherDomain: of(normalForm(sumCircuit(3), 128)),
    otherPhase1: of(normalForm(sumCircuit(3)), OTHER_PHASE1),
    otherOne: of(partlyNormal(3, 0)),
    otherSignal: of(partlyNormal(4, 2)),
    own: of(sumCircuit(3)),
    ownToo: of(sumCircuit(3, 2n)),
  };
  const names = Object.keys(keys) as Name[];
  for (const name of names) await registry.registerCircuit(keys[name].vk, DIGEST);
  const { chainId } = await ethers.provider.getNetwork();
  const submission = { chainId, market: settler.address, settler: settler.address };

  function proved(name: Name, salt: bigint): Proved {
    const key = keys[name];
    const signals = Array.from({ length: key.circuit.signals }, (_, i) => salt * 1000n + BigInt(i));
    const proof =
      key.circuit.committed === undefined
        ? prove(key, sumWitness(signals), salt + 5n, salt + 9n)
        : proveCommittedSum(key, signals, salt);
    return { circuit: BigInt(names.indexOf(name) + 1), signals, proof };
  }
  const data = (items: readonly Proved[]) => argumentsOf(aggregate(items, submission));
  const verify = (items: readonly Proved[]) => verifier.verify(settler.address, ...data(items));
  /** How many multiplications the verifier does. */
  async function multiplications(items: readonly Proved[]): Promise<number> {
    const { structLogs } = (await ethers.provider.send('debug_traceCall', [
      {
        from: settler.address,
        to: await verifier.getAddress(),
        data: verifier.interface.encodeFunctionData('verify', [settler.address, ...data(items)]),
      },
      'latest',
      { disableStorage: true, disableMemory: true },
    ])) as { structLogs: { op: string; stack: string[] }[] };
    const calls = structLogs.filter(({ op }) => op === 'STATICCALL');
    return calls.filter(({ stack }) => BigInt(stack[stack.length - 2]) === MULTIPLICATION).length;
  }
  return { registry, verifier, keys, names, submission, proved, verify, multiplications, settler };
}

type Name =
  | 'three'
  | 'again'
  | 'five'
  | 'lookups'
  | 'otherLookups'
  | 'otherDomain'
  | 'otherPhase1'
  | 'otherOne'
  | 'otherSignal'
  | 'own'
  | 'ownToo';

const pointOf = ({ x, y }: { readonly x: bigint; readonly y: bigint }): string => `${x} ${y}`;

/** The multiplications that a batch takes of one proof a key, in the keys' order: points of one form are counted once. */
function expectedMultiplications(keys: readonly TrapdoorKey[]): number {
  const last = keys[keys.length - 1];
  const distinct = new Map<string, number>();
  for (const { vk } of keys) {
    for (const [j, point] of vk.ic.entries()) {
      const id = [pointOf(vk.ic[0]), j, pointOf(point)].join();
      distinct.set(id, (distinct.get(id) ?? 0) + 1);
    }
  }
  const first = [pointOf(last.vk.ic[0]), 0, pointOf(last.vk.ic[0])].join();
  const phases = new Set(keys.map(({ phase1 }) => phase1));
  const alone = keys.filter(({ phase1 }) => phase1 === last.phase1).length === 1;
  const lookups = keys.filter(({ circuit }) => circuit.committed !== undefined).length;
  // The last key's and proof's factor is one: its A, C*, α, D, S and first point are taken as they are if nothing is added.
  const ofProofs = 2 * (keys.length - 1);
  const ofPoints = distinct.size - (distinct.get(first) === 1 ? 1 : 0);
  const ofPhases = phases.size - (alone ? 1 : 0);
  const ofLookups = lookups === 0 ? 0 : 3 * lookups + 1 - (last.circuit.committed === undefined ? 0 : 2);
  return ofProofs + ofPoints + ofPhases + ofLookups;
}

describe('keys that share points of ic', () => {
  const fixture = () => networkHelpers.loadFixture(deployed);

  it('are those of circuits in normal form, of one phase 1 and domain, however many signals they have', async () => {
    const { keys } = await fixture();
    const shared = (a: TrapdoorKey, b: TrapdoorKey): number[] =>
      a.vk.ic.flatMap((point, j) => {
        const other = b.vk.ic.at(j);
        return other !== undefined && pointOf(point) === pointOf(other) ? [j] : [];
      });
    expect(shared(keys.three, keys.again)).to.deep.equal([0, 1, 2, 3]);
    expect(shared(keys.three, keys.five)).to.deep.equal([0, 1, 2, 3]);
    // X is one more.
    expect(shared(keys.lookups, keys.five)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(shared(keys.lookups, keys.otherLookups)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(shared(keys.three, keys.otherOne)).to.deep.equal([1, 2, 3]);
    expect(shared(keys.five, keys.otherSignal)).to.deep.equal([0, 1, 3, 4]);
    for (const other of [keys.otherDomain, keys.otherPhase1, keys.own])
      expect(shared(keys.three, other)).to.deep.equal([]);
    expect(shared(keys.own, keys.ownToo)).to.deep.equal([]);
  });

  it('pay for them once, for all others as ever', async () => {
    const { keys, proved, verify, multiplications } = await fixture();
    const orders: Name[][] = [
      ['three'],
      ['own', 'ownToo'],
      ['three', 'again'],
      ['three', 'again', 'five'],
      ['three', 'lookups'],
      ['five', 'lookups', 'otherLookups'],
      ['lookups', 'otherLookups', 'otherDomain', 'otherPhase1'],
      ['three', 'again', 'otherDomain'],
      ['three', 'otherOne'],
      ['three', 'five', 'otherSignal', 'own'],
      ['three', 'otherPhase1', 'own', 'ownToo'],
      Object.keys(keys) as Name[],
    ];
    for (const order of orders) {
      const items = order.map((name, i) => proved(name, BigInt(i) + 1n));
      await verify(items);
      const expected = expectedMultiplications(order.map((name) => keys[name]));
      expect(await multiplications(items), order.join()).to.equal(expected);
    }
    const merged = await multiplications([proved('three', 1n), proved('again', 2n)]);
    const apart = await multiplications([proved('own', 1n), proved('ownToo', 2n)]);
    expect(apart - merged).to.equal(3);
  });

  it('are verified with every mix of others, and fail with any proof that is changed', async () => {
    const { verifier, names, proved, verify } = await fixture();
    const mixes = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b, a] as const));
    for (const [which, mix] of mixes.entries()) {
      const items = mix.map((name, i) => proved(name, BigInt(i) + 1n));
      await verify(items);
      for (const [at, item] of items.entries()) {
        const signal = which % item.signals.length;
        const changed = { ...item, signals: item.signals.with(signal, item.signals[signal] + 1n) };
        await expect(
          verify(items.with(at, changed)),
          `${mix.join()}, signal ${signal} of ${at}`,
        ).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
      }
    }
  });

  it('do not lend each other: what one statement has too much, another can not have too little', async () => {
    const { verifier, proved, verify } = await fixture();
    const [a, b] = [proved('three', 1n), proved('again', 2n)];
    const moved = (item: Proved, by: bigint) => ({
      ...item,
      signals: item.signals.with(1, item.signals[1] + by),
    });
    for (const by of [1n, 77n]) {
      await expect(verify([moved(a, by), moved(b, -by)])).to.be.revertedWithCustomError(
        verifier,
        'ProofCheckFailed',
      );
    }
    // Statements exchanged as a whole: the sums of both keys together stay as they were.
    await expect(
      verify([
        { ...a, signals: b.signals },
        { ...b, signals: a.signals },
      ]),
    ).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
  });

  it('share a point only where both coordinates are equal', async () => {
    const { registry, verifier, names, keys, proved, verify } = await fixture();
    const { vk } = keys.three;
    const item = proved('three', 3n);
    for (const [i, j] of [0, 2].entries()) {
      const ic = vk.ic.map((point, at) => (at === j ? { x: point.x, y: Q - point.y } : point));
      await registry.registerCircuit({ ...vk, ic }, DIGEST);
      const circuit = BigInt(names.length + 1 + i);
      await expect(verify([item, { ...item, circuit }])).to.be.revertedWithCustomError(
        verifier,
        'ProofCheckFailed',
      );
      // With −IC_2 it is a proof of −s_2.
      if (j === 2) {
        const signals = item.signals.with(1, R - item.signals[1]);
        await verify([item, { ...item, circuit, signals }]);
      }
    }
  });
});
