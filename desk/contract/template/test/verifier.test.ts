import assert from 'node:assert/strict';
import type { EventLog } from 'ethers';
import { network } from 'hardhat';
import { deploy } from '../scripts/deployment.ts';
import { inferenceArguments, readInference } from '../scripts/inference.ts';

const inference = readInference(new URL('../model/proof.json', import.meta.url));
const { ethers } = await network.create();
const { verifier, consumer, slices } = await deploy(ethers);
const [trace, proofs, outputs] = inferenceArguments(inference, slices);

/** That a call is refused, by the name of the contract's error. */
async function refused(call: Promise<unknown>, error: string): Promise<void> {
  await assert.rejects(call, ({ message }: Error) => message.includes(error) || assert.fail(message));
}

describe('the verifier of this model', () => {
  it('takes the inference of model/proof.json', async () => {
    const [proved] = await verifier.verify(trace, proofs, outputs);
    const expected = proofs.reduce((mask, { slice }) => mask | (1n << BigInt(slice)), 0n);
    assert.equal(proved, expected);
  });

  it('refuses it with another commitment, another output, or a proof of another slice', async () => {
    const first = `0x${(BigInt(trace[0]) ^ 1n).toString(16).padStart(64, '0')}`;
    await refused(verifier.verify([first, ...trace.slice(1)], proofs, outputs), 'ProofCheckFailed');
    const [{ salt, words }, ...others] = outputs;
    const changed = [{ salt, words: [words[0] ^ 1n, ...words.slice(1)] }, ...others];
    await refused(verifier.verify(trace, proofs, changed), 'OutputMismatch');
    const [one, ...rest] = proofs;
    await refused(verifier.verify(trace, [{ ...one, a: one.c }, ...rest], outputs), 'ProofCheckFailed');
  });

  it('lets a contract act on an inference, once', async () => {
    const receipt = await (await consumer.submit(trace, proofs, outputs)).wait();
    const [{ args: inferred }] = (await consumer.queryFilter('Inferred')) as EventLog[];
    console.log(`      an inference of ${proofs.length} proofs: ${receipt.gasUsed} gas`);
    assert.equal(await consumer.results(inferred.inference), BigInt(inferred.largest) + 1n);
    await refused(consumer.submit(trace, proofs, outputs), 'KnownAlready');
    await refused(consumer.submit([...trace].reverse(), [], outputs), 'OutputMismatch');
  });
});
