/* global fetch */
// A page of somebody else's: posts a job by the page's wallet, reads what came of another, and checks its receipt.
import {
  jobResult,
  jobStatus,
  openClient,
  postJob,
  quoteJob,
  readPublishedModel,
  SliceproofError,
  waitForJob,
} from 'sliceproof/browser';
import { verifyJob } from 'sliceproof/verify';

const codeOf = (error) => (error instanceof SliceproofError ? error.code : String(error?.stack ?? error));

/** As a wallet's extension puts it into pages; it acts as one account of the chain's own. */
function walletOf(rpc, account, refuses) {
  let id = 0;
  return {
    async request({ method, params = [] }) {
      if (/^eth_(requestA|a)ccounts$/.test(method)) return [account];
      if (refuses && method === 'eth_sendTransaction') throw Object.assign(new Error('no'), { code: 4001 });
      const body = JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params });
      const answer = await fetch(rpc, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const { result, error } = await answer.json();
      if (error) throw Object.assign(new Error(error.message), error);
      return result;
    },
  };
}

async function main() {
  const { rpc, deployment, storeUrl, closedStoreUrl, modelId, input, account, finished } = await (
    await fetch('/input')
  ).json();
  const open = (store, refuses = false) =>
    openClient({ rpc, deployment, store: [store], signer: walletOf(rpc, account, refuses) });
  const client = await open(storeUrl);
  const published = await readPublishedModel(client, modelId);
  const offer = { minUnitPrice: 1000n, maxUnitPrice: 2000n, maxExecutionPrice: 1n };
  const quote = await quoteJob(client, { published, offer });
  const job = { published, inputs: [Float64Array.from(input)], offer };
  const { jobId, escrow } = await postJob(client, job);
  const { requester } = await client.contracts.market.jobOf(jobId);
  const { state } = await jobStatus(client, jobId);
  await waitForJob(client, finished);
  const { top } = await jobResult(client, finished);
  const { receipt, inputOpened } = await verifyJob({ ...client, jobId: finished });
  const refused = await postJob(await open(storeUrl, true), job).then(() => 'posted', codeOf);
  const closed = await readPublishedModel(await open(closedStoreUrl), modelId).then(() => 'read', codeOf);
  client.close();
  return {
    quoted: quote.most === escrow,
    job: { state, requester },
    top: top.index,
    receipt: { fullyProved: receipt.fullyProved, inputOpened },
    refused,
    closed,
  };
}

const said = await main().catch((error) => ({ failed: codeOf(error) }));
await fetch('/done', { method: 'POST', body: JSON.stringify(said) });
