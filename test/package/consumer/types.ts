// What a type-checking user writes: each part once, with the values that pass between them.
import { JsonRpcProvider, type Signer } from 'ethers';
import { openClient as openInPage } from 'sliceproof/browser';
import { openClient, postJob, type Client, type JobToPost, type PostedJob } from 'sliceproof';
import { ISliceMarket__factory, type ISliceMarket } from 'sliceproof/contracts';
import { fullProve, type FullProof } from 'sliceproof/groth16';
import { proveInferences, type InferenceProof } from 'sliceproof/prover';
import { buildModel, type Manifest } from 'sliceproof/slicer';
import {
  checkReceipt,
  verifyInference,
  verifyJob,
  type Deployment,
  type JobReceipt,
  type SliceproofError,
  type VerifiedJob,
} from 'sliceproof/verify';

export async function post(signer: Signer, job: JobToPost): Promise<PostedJob> {
  const client: Client = await openClient({
    rpc: 'http://127.0.0.1:8545',
    deployment: 'd.json',
    store: ['s'],
    signer,
  });
  return postJob(client, job);
}

export const check = (client: Client, receipt: JobReceipt): Promise<unknown> => checkReceipt(receipt, client);

export async function checkInPage(
  deployment: Deployment,
  signer: Signer,
  jobId: string,
): Promise<VerifiedJob> {
  const client: Client = await openInPage({
    rpc: 'http://127.0.0.1:8545',
    deployment,
    store: ['https://store.example'],
    signer,
  });
  return verifyJob({ ...client, jobId });
}

export async function prove(folder: string, input: Float64Array): Promise<string | null> {
  const [proof]: InferenceProof[] = await proveInferences({ folder, inputs: [[input]], workers: 1 });
  return (await verifyInference(proof)).top.label;
}

export const market = (address: string): ISliceMarket =>
  ISliceMarket__factory.connect(address, new JsonRpcProvider('http://127.0.0.1:8545'));

export const codeOf = (error: SliceproofError): string => error.code;

export const build = (options: Parameters<typeof buildModel>[0]): Promise<Manifest> => buildModel(options);

// @ts-expect-error a number is no account to act as
void openClient({ rpc: '', deployment: '', store: [], privateKey: 5 });

export const hash = (left: bigint, right: string): Promise<FullProof> =>
  fullProve({ inputs: [left, right] }, 'poseidon.wasm', new Uint8Array());
