import { readFile } from 'node:fs/promises';
import { keccak256 } from 'ethers';
import { readCircuit } from '../../protocol/contracts/external.ts';
import { setupDigestOf } from '../../protocol/contracts/setup-digest.ts';
import { BadInputError } from '../../protocol/errors.ts';
import type { ExternalVerifier } from '../../protocol/manifest.ts';
import type { Finding } from '../../slicer/audit/finding.ts';
import { sliceFile } from '../../slicer/build/folder.ts';
import { decodeVerifyingKey } from '../../groth16/formats/verifying-key.ts';
import { verifyingKeyToSolidity } from '../../groth16/verify/solidity.ts';
import type { Client } from '../client.ts';
import type { PublishedManifest } from '../jobs/read-model.ts';
import { toCall } from './register-build.ts';

/**
 * What the chain says of a model, against its files: for each provable slice the registered key or external verifier, the
 * setup that it was registered with, and the price. (That manifest and slices are the chain's, readPublishedModel has checked.)
 * @param folder with the model's files
 */
export async function auditRegistered(
  client: Client,
  { model, manifest }: PublishedManifest,
  folder: string,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [id, { circuit, weight }] of model.slices.entries()) {
    const slice = manifest.slices[id];
    const note = (check: string, problem: string | undefined): void =>
      void findings.push({
        check,
        slice: id,
        ...(problem === undefined ? { state: 'holds' } : { state: 'fails', detail: problem }),
      });
    note(
      'price on chain',
      weight === slice.weight ? undefined : `${weight}, the manifest has ${slice.weight}`,
    );
    if (circuit === 0) continue;
    if (slice.external !== undefined) {
      note('external verifier on chain', await externalProblem(client, circuit, slice.external));
      continue;
    }
    note('key on chain', await keyProblem(client, circuit, manifest, sliceFile(folder, id, 'verifyingKey')));
  }
  return findings;
}

async function externalProblem(
  { contracts, provider }: Client,
  circuit: number,
  { verifier, gasLimit, description }: ExternalVerifier,
): Promise<string | undefined> {
  const { setupDigest, external: registered } = await readCircuit(contracts, circuit);
  if (registered === undefined) return `circuit ${circuit} has a key, and no external verifier`;
  const expected = `${verifier}, ${gasLimit} gas, setup digest ${description.sha256}`;
  const came = `${registered.verifier.toLowerCase()}, ${registered.gasLimit} gas, setup digest ${setupDigest}`;
  if (expected !== came) return `expected ${expected}, circuit ${circuit} has ${came}`;
  const codeHash = keccak256(await provider.getCode(verifier));
  return codeHash === registered.codeHash
    ? undefined
    : `the code of ${verifier} isn't the one that was registered`;
}

async function keyProblem(
  { contracts: { circuits: registry } }: Client,
  circuit: number,
  manifest: PublishedManifest['manifest'],
  file: string,
): Promise<string | undefined> {
  const expected = setupDigestOf(manifest);
  const { setupDigest } = await registry.circuitInfo(circuit);
  if (setupDigest !== expected) return `circuit ${circuit} has setup digest ${setupDigest}, not ${expected}`;
  try {
    const key = decodeVerifyingKey(await readFile(file));
    // The registry numbers each key with its digest once: the same number is the same key.
    const number = await registry.registerCircuit.staticCall(toCall(verifyingKeyToSolidity(key)), expected);
    return number === BigInt(circuit) ? undefined : `circuit ${circuit} has another key`;
  } catch (error) {
    if (!(error instanceof BadInputError) && !(error instanceof SyntaxError)) throw error;
    return error.message;
  }
}
