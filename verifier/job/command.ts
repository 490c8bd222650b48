import { Command } from '@commander-js/extra-typings';
import { Wallet } from 'ethers';
import { connect, WHILE_SOMEBODY_WAITS } from '../../protocol/chain/provider.ts';
import { resolveSettings } from '../../protocol/config.ts';
import { openAsset } from '../../protocol/contracts/asset.ts';
import { jobCosts } from '../../protocol/contracts/job-costs.ts';
import { readDeployment } from '../../protocol/contracts/read-deployment.ts';
import { expectChain, openContracts } from '../../protocol/contracts/market.ts';
import { readBounded } from '../../protocol/files/read-bounded.ts';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import { createLog } from '../../protocol/log.ts';
import { decodeReceipt, MAX_RECEIPT_BYTES, type JobReceipt } from '../../protocol/receipt.ts';
import { readOptionalKey } from '../../protocol/private-key.ts';
import { identityOf } from '../../protocol/store/identity.ts';
import { openStore } from '../../protocol/store/open.ts';
import { PatientStore } from '../../protocol/store/patient-store.ts';
import { expectId } from '../../protocol/terminal/arguments.ts';
import { costLines } from '../../protocol/terminal/costs.ts';
import { printJson, standardOutput } from '../../protocol/terminal/output.ts';
import { clientService, clientSettings } from '../../protocol/requester-settings.ts';
import { settingsHelp } from '../../protocol/terminal/service-settings.ts';
import { showProgress } from '../../protocol/terminal/progress.ts';
import { ReceiptError } from '../errors.ts';
import { checkReceipt } from './check-receipt.ts';
import { printReceipt } from './print-receipt.ts';
import { recheckSlices } from './recheck.ts';
import { verifyJob, type VerifiedJob } from './verify-job.ts';

/** `sliceproof job verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .summary('rebuild and check the receipt of a finished job')
    .description(
      'Rebuilds a job’s receipt from chain and store alone: input commitment, every slice proved or only executed, output. Exit code 1 when it does not hold.',
    )
    .argument('<job>', 'the job’s id', expectId)
    .option('--config <file>', 'TOML file with settings, in its table [client]')
    .option('--rpc <url>', 'JSON-RPC address of the chain')
    .option('--deployment <file>', 'file that says where the contracts are')
    .option('--store <places>', 'artifact stores, URLs or folders, separated by commas')
    .option('--keystore <file>', 'encrypted file with the key that signs for what the store gives to few')
    .option('--recheck', 'also compute every slice again, the ones that nobody proved included')
    .option('--save <file>', 'write the receipt as JSON')
    .option('--receipt <file>', 'check a saved receipt against the chain, without any store')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent')
    .option('--json', 'print the receipt and what was checked as JSON')
    .addHelpText('after', settingsHelp(clientService))
    .addHelpText(
      'after',
      '\nExamples:\n  $ sliceproof job verify 0x… --recheck --save receipt.json\n  $ sliceproof job verify 0x… --receipt receipt.json',
    )
    .action(async (jobId, options) => {
      const { config, recheck, save, receipt: saved, json, ...flags } = options;
      const { values } = resolveSettings(clientSettings, {
        service: 'client',
        flags,
        env: process.env,
        file: config,
      });
      const key = saved === undefined ? await readOptionalKey(values, process.env) : undefined;
      const deployment = await readDeployment(values.deployment);
      const log = createLog('verify', values.logLevel);
      const provider = await connect({
        rpc: values.rpc,
        rpcRate: values.rpcRate,
        log,
        ...WHILE_SOMEBODY_WAITS,
      });
      try {
        expectChain(deployment, (await provider.getNetwork()).chainId);
        const contracts = openContracts(deployment, provider);
        const verified =
          saved === undefined
            ? await rebuilt(jobId, async (onSlice) =>
                verifyJob({
                  contracts,
                  provider,
                  store: new PatientStore(
                    openStore(
                      values.store,
                      undefined,
                      undefined,
                      key === undefined ? undefined : identityOf(new Wallet(key)),
                    ),
                    log,
                  ),
                  jobId,
                  recheck: recheck === true ? recheckSlices : undefined,
                  onSlice,
                }),
              )
            : await checkReceipt(await readSaved(saved, jobId), { contracts, provider });
        if (save !== undefined) {
          await writeWhole(save, `${JSON.stringify(verified.receipt, undefined, 2)}\n`, { mode: 0o644 });
        }
        const output = standardOutput(json === true);
        const costs = await jobCosts({ contracts, provider }, jobId, verified.receipt.job.requester);
        if (output.json) return printJson(output, { holds: true, ...verified, costs });
        const asset = await openAsset(contracts);
        printReceipt(output, verified, asset);
        output.write(costLines(asset, costs));
      } finally {
        provider.destroy();
      }
    }) as unknown as Command;
}

async function rebuilt(
  jobId: string,
  verify: (onSlice: (slice: number) => void) => Promise<VerifiedJob>,
): Promise<VerifiedJob> {
  const progress = showProgress(`verify ${jobId.slice(0, 10)}`);
  return verify((slice) => progress.update(`computing slice ${slice} again`)).finally(() => progress.end());
}

async function readSaved(file: string, jobId: string): Promise<JobReceipt> {
  const bytes = await readBounded(file, MAX_RECEIPT_BYTES).catch((cause: Error) => {
    throw new ReceiptError('RECEIPT_UNREADABLE', `could not read ${file}: ${cause.message}`, { cause });
  });
  const receipt = decodeReceipt(bytes);
  if (receipt.job.jobId === jobId) return receipt;
  throw new ReceiptError(
    'RECEIPT_DIFFERS',
    `${file} is the receipt of job ${receipt.job.jobId}, not of ${jobId}`,
  );
}
