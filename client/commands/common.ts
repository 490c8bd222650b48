import { Command } from '@commander-js/extra-typings';
import { WHILE_SOMEBODY_WAITS } from '../../protocol/chain/provider.ts';
import { resolveSettings } from '../../protocol/config.ts';
import { createLog } from '../../protocol/log.ts';
import { readOptionalKey } from '../../protocol/private-key.ts';
import { standardOutput, type Output } from '../../protocol/terminal/output.ts';
import type { Client } from '../client.ts';
import { openClient } from '../open-client.ts';
import { settingsHelp } from '../../protocol/terminal/service-settings.ts';
import { clientService, clientSettings } from '../../protocol/requester-settings.ts';
import { inUnits } from './in-units.ts';

/** What every command of a requester takes; each also has its place in environment and file. */
interface CommonFlags {
  readonly config?: string;
  readonly rpc?: string;
  readonly deployment?: string;
  readonly store?: string;
  readonly keystore?: string;
  readonly logLevel?: string;
  readonly json?: true;
}

/** A command that reaches the market, with the options that all of them share. */
export function marketCommand(name: string, summary: string) {
  return new Command(name)
    .summary(summary)
    .option('--config <file>', 'TOML file with settings, in its table [client]')
    .option('--rpc <url>', 'JSON-RPC address of the chain')
    .option('--deployment <file>', 'file that says where the contracts are')
    .option(
      '--store <places>',
      'artifact stores, URLs or folders, separated by commas; the first is written to',
    )
    .option('--keystore <file>', 'encrypted file that holds the key of the account that acts')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent')
    .option('--json', 'print JSON')
    .addHelpText('after', settingsHelp(clientService));
}

/** Opens the client from flags, environment and file, and closes it when the work is done or failed. */
export async function withClient<T>(
  { json, config, ...flags }: CommonFlags,
  work: (client: Client, output: Output) => Promise<T>,
): Promise<T> {
  const { rpc, deployment, store, keystore, logLevel } = flags;
  const { values } = resolveSettings(clientSettings, {
    service: 'client',
    flags: { rpc, deployment, store, keystore, logLevel },
    env: process.env,
    file: config,
  });
  const privateKey = await readOptionalKey(values, process.env);
  const log = createLog('client', values.logLevel);
  const { connectTimeout } = WHILE_SOMEBODY_WAITS;
  const client = await openClient({ ...values, privateKey, log, connectTimeout });
  try {
    return await work(client, standardOutput(json === true));
  } catch (error) {
    throw inUnits(error, client.asset);
  } finally {
    client.close();
  }
}
