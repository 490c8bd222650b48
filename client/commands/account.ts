import { Command } from '@commander-js/extra-typings';
import { getAddress, isAddress, MaxUint256 } from 'ethers';
import { amount as amountArgument } from '../../protocol/terminal/arguments.ts';
import { depositToLedger } from '../../protocol/contracts/deposits.ts';
import { printJson, printTable, type Output } from '../../protocol/terminal/output.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { marketCommand, withClient } from './common.ts';

/** `sliceproof account …` */
export function accountCommand(): Command {
  const balance = marketCommand('balance', 'show what an account has')
    .argument('[address]', 'left out: the acting account', expectAddress)
    .addHelpText('after', '\nExample:\n  $ sliceproof account balance --json')
    .action(async (address, options) =>
      withClient(options, (client, output) => printBalance(client, output, address ?? client.sender.address)),
    );
  const deposit = marketCommand('deposit', 'move the asset into the ledger')
    .argument('<amount>', 'in units of the asset, e.g. 12.5', amountArgument)
    .option('--coins', 'out of the chain’s coins, where the market’s asset is that coin, wrapped')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sliceproof account deposit 12.5\n  $ sliceproof account deposit 0.5 --coins',
    )
    .action(async (amount, options) =>
      withClient(options, async (client, output) => {
        const from = options.coins ? 'coins' : 'asset';
        await depositToLedger(client.sender, client.contracts, client.asset.parse(amount), from);
        await printBalance(client, output, client.sender.address);
      }),
    );
  const withdraw = marketCommand('withdraw', 'take the asset out of the ledger')
    .argument('<amount>', 'in units of the asset, or `all`', (text) =>
      text === 'all' ? text : amountArgument(text),
    )
    .option('--to <address>', 'left out: the acting account', expectAddress)
    .option('--coins', 'as the chain’s coins, where the market’s asset is that coin, wrapped')
    .addHelpText('after', '\nExample:\n  $ sliceproof account withdraw all --to 0x…')
    .action(async (amount, options) =>
      withClient(options, async (client, output) => {
        const { contracts, sender, asset } = client;
        const to = options.to ?? sender.address;
        // The largest number stands for all that is free.
        const taken = amount === 'all' ? MaxUint256 : asset.parse(amount) / asset.scale;
        const { market } = contracts;
        await sender.send('withdraw', () =>
          market.withdraw.populateTransaction(taken, to, options.coins === true),
        );
        await printBalance(client, output, sender.address);
      }),
    );
  const operator = marketCommand('operator', 'let a hot key bid and claim for this account')
    .description('Names an operator: it bids, claims and brings traces for this account, and can’t withdraw.')
    .argument('<address>', 'the operator’s account', expectAddress)
    .option(
      '--max-reserved <amount>',
      'the most that this account may have reserved after a stake of the operator',
      amountArgument,
    )
    .option(
      '--max-daily <amount>',
      'the most that the operator may stake in a day, from midnight UTC',
      amountArgument,
    )
    .option('--remove', 'take the leave back')
    .addHelpText(
      'after',
      '\nWhoever has the operator’s key can lose what it may stake, and have a part of it: name as little as the node needs.' +
        '\n\nExample:\n  $ sliceproof account operator 0x… --max-reserved 50 --max-daily 200',
    )
    .action(async (operator, options) =>
      withClient(options, async ({ contracts: { market }, sender, asset }, output) => {
        const [maxReserved, maxDaily] = operatorLimits(options).map((amount) => asset.parse(amount));
        await sender.send('operator', () =>
          market.setOperator.populateTransaction(operator, maxReserved, maxDaily),
        );
        const shown = { account: sender.address, operator, maxReserved, maxDaily };
        if (output.json) return printJson(output, shown);
        printTable(
          output,
          ['account', 'operator', 'reserved at most', 'a day at most'],
          [[shown.account, shown.operator, asset.format(maxReserved), asset.format(maxDaily)]],
        );
      }),
    );
  return new Command('account')
    .description('The ledger of an account: what escrow and collateral are taken from, and earnings go to.')
    .addCommand(balance)
    .addCommand(deposit)
    .addCommand(withdraw)
    .addCommand(operator);
}

/** @throws ClientError OPERATOR_UNLIMITED */
function operatorLimits({
  remove,
  maxReserved,
  maxDaily,
}: {
  readonly remove?: true | undefined;
  readonly maxReserved?: string | undefined;
  readonly maxDaily?: string | undefined;
}): readonly [string, string] {
  if (remove) return ['0', '0'];
  if (maxReserved !== undefined && maxDaily !== undefined) return [maxReserved, maxDaily];
  throw new ClientError('OPERATOR_UNLIMITED', 'expected --max-reserved and --max-daily, or --remove', {
    hint: 'An operator can lose what it may stake: say how much that is, in units of the asset.',
  });
}

async function printBalance({ contracts, asset }: Client, output: Output, account: string): Promise<void> {
  const address = expectAddress(account);
  const [{ balance, reserved }, wallet] = await Promise.all([
    contracts.market.accountOf(address),
    asset.balanceOf(address),
  ]);
  if (output.json) return printJson(output, { address, balance, reserved, wallet });
  printTable(
    output,
    ['account', 'ledger', 'reserved', 'wallet'],
    [[address, asset.format(balance), asset.format(reserved), asset.format(wallet)]],
  );
}

function expectAddress(text: string): string {
  if (!isAddress(text))
    throw new ClientError('ADDRESS_MALFORMED', `expected an address, got ${text as string}`);
  return getAddress(text);
}
