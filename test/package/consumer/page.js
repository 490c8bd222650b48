/* global fetch */
// A page of somebody else's: checks a receipt against a chain, and a Groth16 proof.
import { JsonRpcProvider } from 'ethers';
import {
  checkReceipt,
  deploymentSchema,
  openContracts,
  SliceproofError,
  verifyProof,
} from 'sliceproof/verify';

const codeOf = (error) => (error instanceof SliceproofError ? error.code : String(error?.stack ?? error));

async function main() {
  const { rpc, deployment, receipt, edited, verifyingKey, signals, proof } = await (
    await fetch('/input')
  ).json();
  const provider = new JsonRpcProvider(rpc);
  const contracts = openContracts(deploymentSchema.parse(deployment), provider);
  const check = (given) => checkReceipt(given, { contracts, provider }).then(() => 'holds', codeOf);
  const wrong = signals.map((signal, i) => (i === 0 ? '1' : signal));
  return {
    receipt: await check(receipt),
    edited: await check(edited),
    proof: await verifyProof(verifyingKey, signals, proof),
    other: await verifyProof(verifyingKey, wrong, proof),
  };
}

const said = await main().catch((error) => ({ failed: codeOf(error) }));
await fetch('/done', { method: 'POST', body: JSON.stringify(said) });
