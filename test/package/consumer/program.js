// A program of somebody else's: every part of the library, with a job posted by a wallet.
import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { JsonRpcProvider } from 'ethers';
import { jobStatus, openClient, postJob, readPublishedModel, SliceproofError } from 'sliceproof';
import { ISliceMarket__factory } from 'sliceproof/contracts';
import { exportVerificationKey, prove, verify } from 'sliceproof/groth16';
import { createProverPool } from 'sliceproof/prover';
import { openModel } from 'sliceproof/slicer';
import { checkReceipt, SliceproofError as Same, verifyProof } from 'sliceproof/verify';

const given = JSON.parse(await readFile(process.argv[2], 'utf8'));
const said = { node: process.versions.node, same: SliceproofError === Same };
const codeOf = (error) => error.code ?? error.message;

if (given.rpc !== undefined) {
  const { rpc, deployment, store, modelId, input, account } = given;
  const chain = new JsonRpcProvider(rpc);
  // As a browser's wallet is asked.
  const wallet = {
    request: ({ method, params }) =>
      /^eth_(requestA|a)ccounts$/.test(method)
        ? Promise.resolve([account])
        : chain.send(method, params ?? []),
  };
  const client = await openClient({ rpc, deployment, store: [store], signer: wallet });
  const published = await readPublishedModel(client, modelId);
  const offer = { minUnitPrice: 1000n, maxUnitPrice: 2000n, maxExecutionPrice: 1n };
  const { jobId } = await postJob(client, { published, inputs: [Float64Array.from(input)], offer });
  const { requester } = await client.contracts.market.jobOf(jobId);
  said.job = { state: (await jobStatus(client, jobId)).state, requester };
  const refusing = {
    request: ({ method, params }) =>
      method === 'eth_sendTransaction'
        ? Promise.reject(Object.assign(new Error('no'), { code: 4001 }))
        : wallet.request({ method, params }),
  };
  const other = await openClient({ rpc, deployment, store: [store], signer: refusing });
  said.refused = await postJob(other, { published, inputs: [Float64Array.from(input)], offer }).then(
    () => 'posted',
    codeOf,
  );
  said.receipt = await checkReceipt(given.receipt, client).then(() => 'holds', codeOf);
  said.foreign = await openModel(await readFile(given.foreign)).then(() => 'opened', codeOf);
  for (const open of [client, other]) open.close();
  chain.destroy();

  const pool = createProverPool({ workers: 1 });
  const provingKey = Buffer.from(given.provingKey, 'base64');
  const witness = Buffer.from(given.witness, 'base64');
  const { proof, publicSignals } = await pool.prove({ provingKey, witness });
  await pool.close();
  said.proof = (await verifyProof(given.verifyingKey, publicSignals, proof)).ok;
  // Nothing ends the process that this proof is made by: this one ends all the same.
  const alone = await prove(provingKey, witness);
  said.alone = await verify(await exportVerificationKey(provingKey), alone.publicSignals, alone.proof);
}
said.events = ISliceMarket__factory.createInterface().getEvent('JobPosted')?.name;
said.model = (await openModel(await readFile(given.onnx))).nodes.length;
console.log(JSON.stringify(said));
