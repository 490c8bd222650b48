import { expect } from 'chai';
import { ethers, networkHelpers } from './support/chain.ts';
import { sumCircuit } from './support/circuits.ts';
import { g1, g2 } from './support/curve.ts';
import type { G2 } from './support/curve.ts';
import { Q } from './support/field.ts';
import { setup } from './support/groth16.ts';
import { CircuitRegistry__factory } from '../../protocol/contracts/generated/index.ts';

const PHASE1 = { tau: 123_456_789n, alpha: 987_654_321n, beta: 192_837_465n };
const DIGEST = ethers.id('setup');
const { vk: KEY } = setup(sumCircuit(3), PHASE1, 1001n);

/** A point on the second group's curve (x = 1) that is outside the subgroup of order r. */
const OUTSIDE_SUBGROUP: { x: [bigint, bigint]; y: [bigint, bigint] } = {
  x: [0n, 1n],
  y: [
    5912654199736721486680175016176231956195085055698687135131307249486702594212n,
    18278151005453108793778860132295291098363647455926340152056652516292830556603n,
  ],
};

async function registry() {
  const [first, second] = await ethers.getSigners();
  const contract = await new CircuitRegistry__factory(first).deploy();
  return { contract, first, second };
}

describe('CircuitRegistry', () => {
  const fixture = () => networkHelpers.loadFixture(registry);

  it('numbers circuits from 1 and answers for them', async () => {
    const { contract, first } = await fixture();
    const keyDigest = ethers.keccak256(contract.interface.encodeFunctionResult('verifyingKey', [KEY]));
    const srsId = ethers.keccak256(
      ethers.AbiCoder.defaultAbiCoder().encode(
        ['uint256[2]', 'uint256[4]'],
        [
          [KEY.alpha.x, KEY.alpha.y],
          [...KEY.beta.x, ...KEY.beta.y],
        ],
      ),
    );
    const store = ethers.getCreateAddress({ from: await contract.getAddress(), nonce: 1 });
    await expect(contract.registerCircuit(KEY, DIGEST))
      .to.emit(contract, 'CircuitRegistered')
      .withArgs(1, keyDigest, srsId, DIGEST, 3, store, first.address);
    expect(await contract.circuitInfo(1)).to.deep.equal([
      store,
      keyDigest,
      srsId,
      3n,
      1n,
      DIGEST,
      first.address,
    ]);
    expect(await contract.circuitOf(keyDigest, DIGEST)).to.equal(1);
    expect(await contract.circuitOf(keyDigest, ethers.ZeroHash)).to.equal(0);
    expect(await contract.circuitCount()).to.equal(1);
    const key = await contract.verifyingKey(1);
    expect(contract.interface.encodeFunctionResult('verifyingKey', [key])).to.equal(
      contract.interface.encodeFunctionResult('verifyingKey', [KEY]),
    );
  });

  it('gives the same key with the same digest one number, whoever brings it', async () => {
    const { contract, second } = await fixture();
    await contract.registerCircuit(KEY, DIGEST);
    await expect(contract.connect(second).registerCircuit(KEY, DIGEST)).not.to.emit(
      contract,
      'CircuitRegistered',
    );
    await contract.registerCircuit(KEY, ethers.id('another setup'));
    expect(await contract.circuitCount()).to.equal(2);
  });

  it('finds key stores by number beyond the one-byte nonces', async () => {
    const { contract } = await fixture();
    const from = await contract.getAddress();
    for (let i = 1; i <= 260; i++) await contract.registerCircuit(KEY, ethers.toBeHex(i, 32));
    for (const number of [1, 127, 128, 129, 255, 256, 257, 260]) {
      const info = await contract.circuitInfo(number);
      expect(info.keyStore).to.equal(ethers.getCreateAddress({ from, nonce: number }));
      expect(info.setupDigest).to.equal(ethers.toBeHex(number, 32));
    }
  });

  it('knows no other numbers', async () => {
    const { contract } = await fixture();
    await contract.registerCircuit(KEY, DIGEST);
    for (const number of [0, 2]) {
      await expect(contract.circuitInfo(number))
        .to.be.revertedWithCustomError(contract, 'UnknownCircuit')
        .withArgs(number);
      await expect(contract.verifyingKey(number))
        .to.be.revertedWithCustomError(contract, 'UnknownCircuit')
        .withArgs(number);
    }
  });

  it('takes 1 to 12 public signals', async () => {
    const { contract } = await fixture();
    const points = (count: number) => ({
      ...KEY,
      ic: Array.from({ length: count }, (_, i) => g1(BigInt(i + 2))),
    });
    for (const count of [2, 13]) await contract.registerCircuit(points(count), DIGEST);
    for (const [count, signals] of [
      [0, 0],
      [1, 0],
      [14, 13],
    ]) {
      await expect(contract.registerCircuit(points(count), DIGEST))
        .to.be.revertedWithCustomError(contract, 'SignalCountOutOfRange')
        .withArgs(signals, 12);
    }
  });

  it('refuses keys that prove anything to anybody', async () => {
    const { contract } = await fixture();
    await expect(contract.registerCircuit({ ...KEY, gamma: g2(2n) }, DIGEST)).to.be.revertedWithCustomError(
      contract,
      'GammaNotGenerator',
    );
    for (const sign of [1n, -1n]) {
      await expect(
        contract.registerCircuit({ ...KEY, delta: g2(sign) }, DIGEST),
      ).to.be.revertedWithCustomError(contract, 'DeltaIsGenerator');
    }
    const delta = g2(7n);
    await expect(
      contract.registerCircuit({ ...KEY, gamma: delta, delta }, DIGEST),
    ).to.be.revertedWithCustomError(contract, 'GammaNotGenerator');
  });

  it('compares points by all their coordinates', async () => {
    const { contract } = await fixture();
    const { x, y } = g2(1n);
    const other = (word: bigint): bigint => word + 1n;
    for (const gamma of [
      { x: [other(x[0]), x[1]], y },
      { x: [x[0], other(x[1])], y },
      { x, y: [other(y[0]), y[1]] },
      { x, y: [y[0], other(y[1])] },
      { x: [other(x[0]), other(x[1])], y: [other(y[0]), y[1]] },
    ] as G2[]) {
      await expect(contract.registerCircuit({ ...KEY, gamma }, DIGEST)).to.be.revertedWithCustomError(
        contract,
        'GammaNotGenerator',
      );
    }
    // No point, but not the generator's negative either.
    for (const delta of [
      { x: [other(x[0]), x[1]], y },
      { x: [x[0], other(x[1])], y },
    ] as G2[]) {
      await expect(contract.registerCircuit({ ...KEY, delta }, DIGEST))
        .to.be.revertedWithCustomError(contract, 'InvalidG2Point')
        .withArgs(1);
    }
  });

  it('takes a key with committed lookups, whose challenge is no signal that counts', async () => {
    const { contract } = await fixture();
    const key = { ...KEY, sigma: g2(9n) };
    await contract.registerCircuit(key, DIGEST);
    const info = await contract.circuitInfo(1);
    expect(info.signals).to.equal(BigInt(KEY.ic.length - 2));
    expect(info.kind).to.equal(2n);
    // The digest covers σ: the same key without it is another circuit.
    expect(info.keyDigest).to.equal(
      ethers.keccak256(contract.interface.encodeFunctionResult('verifyingKey', [key])),
    );
    const kept = await contract.verifyingKey(1);
    expect(contract.interface.encodeFunctionResult('verifyingKey', [kept])).to.equal(
      contract.interface.encodeFunctionResult('verifyingKey', [key]),
    );
    await contract.registerCircuit(KEY, DIGEST);
    expect((await contract.circuitInfo(2)).kind).to.equal(1n);
    const ic = (count: number) => Array.from({ length: count }, (_, i) => g1(BigInt(i) + 2n));
    await contract.registerCircuit({ ...key, ic: ic(14) }, DIGEST);
    for (const [count, signals] of [
      [0, 0],
      [2, 0],
      [15, 13],
    ]) {
      await expect(contract.registerCircuit({ ...key, ic: ic(count) }, DIGEST))
        .to.be.revertedWithCustomError(contract, 'SignalCountOutOfRange')
        .withArgs(signals, 12);
    }
  });

  it('refuses a σ that anybody can multiply by, or that is no point', async () => {
    const { contract } = await fixture();
    const delta = g2(77n);
    for (const [sigma, error] of [
      [g2(1n), 'SigmaIsGenerator'],
      [g2(-1n), 'SigmaIsGenerator'],
      [g2(77n), 'SigmaIsDelta'],
      [g2(-77n), 'SigmaIsDelta'],
    ] as const) {
      await expect(contract.registerCircuit({ ...KEY, delta, sigma }, DIGEST)).to.be.revertedWithCustomError(
        contract,
        error,
      );
    }
    const good = g2(3n);
    for (const sigma of [
      { x: [1n, 1n], y: [1n, 1n] },
      { x: [good.x[0] + Q, good.x[1]], y: good.y },
      OUTSIDE_SUBGROUP,
    ] as { x: [bigint, bigint]; y: [bigint, bigint] }[]) {
      await expect(contract.registerCircuit({ ...KEY, sigma }, DIGEST))
        .to.be.revertedWithCustomError(contract, 'InvalidG2Point')
        .withArgs(2);
    }
  });

  it('refuses points of the first group that are zero, off the curve or not canonical', async () => {
    const { contract } = await fixture();
    const good = g1(3n);
    const bad = [
      { x: 0n, y: 0n },
      { x: 1n, y: 1n },
      { x: good.x + Q, y: good.y },
      { x: good.x, y: good.y + Q },
    ];
    for (const point of bad) {
      await expect(contract.registerCircuit({ ...KEY, alpha: point }, DIGEST))
        .to.be.revertedWithCustomError(contract, 'InvalidG1Point')
        .withArgs(0);
      for (const position of [0, 2, 3]) {
        const ic = KEY.ic.map((old, i) => (i === position ? point : old));
        await expect(contract.registerCircuit({ ...KEY, ic }, DIGEST))
          .to.be.revertedWithCustomError(contract, 'InvalidG1Point')
          .withArgs(position + 1);
      }
    }
  });

  it('refuses points of the second group that are zero, off the curve, outside the subgroup or not canonical', async () => {
    const { contract } = await fixture();
    const good = g2(3n);
    const bad = [
      { x: [0n, 0n], y: [0n, 0n] },
      { x: [1n, 1n], y: [1n, 1n] },
      { x: [good.x[0] + Q, good.x[1]], y: good.y },
      { x: good.x, y: [good.y[0], good.y[1] + Q] },
      OUTSIDE_SUBGROUP,
    ] as { x: [bigint, bigint]; y: [bigint, bigint] }[];
    for (const point of bad) {
      await expect(contract.registerCircuit({ ...KEY, beta: point }, DIGEST))
        .to.be.revertedWithCustomError(contract, 'InvalidG2Point')
        .withArgs(0);
      await expect(contract.registerCircuit({ ...KEY, delta: point }, DIGEST))
        .to.be.revertedWithCustomError(contract, 'InvalidG2Point')
        .withArgs(1);
    }
  });
});
