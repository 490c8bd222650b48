import { expect } from 'chai';
import { aggregate, argumentsOf } from '../support/batch.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { squareCircuit } from '../support/circuits.ts';
import { mod } from '../support/field.ts';
import { setup } from '../support/groth16.ts';
import {
  CircuitRegistry__factory,
  Groth16BatchVerifier__factory,
  UncheckedCircuitRegistry__factory,
} from '../../../protocol/contracts/generated/index.ts';

const PHASE1 = { tau: 987_654_321n, alpha: 13_579n, beta: 24_680n };

async function attacked() {
  const [attacker] = await ethers.getSigners();
  const unchecked = await new UncheckedCircuitRegistry__factory(attacker).deploy();
  const verifier = await new Groth16BatchVerifier__factory(attacker).deploy(await unchecked.getAddress());
  const registry = await new CircuitRegistry__factory(attacker).deploy();
  const key = setup(squareCircuit, PHASE1, 1n);
  await unchecked.registerCircuit(key.vk);
  const { chainId } = await ethers.provider.getNetwork();
  return {
    attacker,
    verifier,
    registry,
    key,
    submission: { chainId, market: attacker.address, settler: attacker.address },
  };
}

describe('attack: a key whose delta is gamma, as after a setup whose second phase was skipped', () => {
  const fixture = () => networkHelpers.loadFixture(attacked);

  it('proves anything, to anybody, where the key is taken', async () => {
    const { attacker, verifier, key, submission } = await fixture();
    // A = α, B = β, C = −IC(5): made of the public key alone. 5 is no square.
    const signals = [5n];
    const forged = { a: PHASE1.alpha, b: PHASE1.beta, c: mod(-(key.ic[0] + 5n * key.ic[1])) };
    const batch = aggregate([{ circuit: 1n, signals, proof: forged }], submission);
    await verifier.verify(attacker.address, ...argumentsOf(batch));
  });

  it('is refused by the registry', async () => {
    const { registry, key } = await fixture();
    await expect(registry.registerCircuit(key.vk, ethers.id('skipped'))).to.be.revertedWithCustomError(
      registry,
      'DeltaIsGenerator',
    );
  });
});
