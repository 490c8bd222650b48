import { getAddress, type ContractTransaction } from 'ethers';
import type { Sender } from '../protocol/chain/sending/sender.ts';
import type { Contracts } from '../protocol/contracts/market.ts';
import { signBid } from '../protocol/contracts/signed-bid.ts';
import type { HandedBid } from '../protocol/bid-submission.ts';
import { ConfigError } from '../protocol/errors.ts';
import type { NodeSettings } from './settings.ts';

export type BidCall = readonly [jobId: string, traceHash: string, slices: bigint, unitPrice: bigint];

/**
 * The account that bids, has its collateral at stake and is paid, and the calls that need its leave. The node's key is its
 * own, or that of an operator it named: that one can bid and claim for it and can't withdraw.
 */
export interface NodeAccount {
  readonly address: string;
  /** The slices that a bid would take now, by what is in blocks or with what waits for one. */
  tryBid(bid: BidCall, blockTag: 'latest' | 'pending'): Promise<bigint>;
  bid(bid: BidCall): Promise<ContractTransaction>;
  /** A bid that anybody may bring with this nonce, in this second at the latest. */
  signBid(bid: BidCall, times: Pick<HandedBid, 'nonce' | 'validUntil'>): Promise<HandedBid>;
  /**
   * Claims a job's execution and brings its trace in one transaction: neither happens without the other, so that no bond hangs
   * on what is still to be brought.
   * @param commitTrace the call that brings the trace
   */
  execute(jobId: string, commitTrace: string): Promise<ContractTransaction>;
}

/**
 * @throws ConfigError NODE_NOT_OPERATOR when the account named in the settings gave this key no leave,
 * NODE_DEPOSIT_NOT_OWN when another account's ledger is to be topped up
 */
export async function openAccount(
  { market, deployment }: Contracts,
  { address: key, wallet }: Sender,
  { account, depositTarget }: Pick<NodeSettings, 'account' | 'depositTarget'>,
): Promise<NodeAccount> {
  const address = account === undefined ? key : getAddress(account);
  const bidSigner: NodeAccount['signBid'] = ([jobId, traceHash, slices, unitPrice], times) =>
    signBid(wallet, deployment, {
      ...{ prover: address, signer: key, jobId, traceHash, slices, unitPrice },
      ...times,
    });
  const acting: NodeAccount = {
    address,
    tryBid: (bid, blockTag) => market.bid.staticCall(address, ...bid, { from: key, blockTag }),
    bid: (bid) => market.bid.populateTransaction(address, ...bid),
    signBid: bidSigner,
    execute: (jobId, commitTrace) =>
      market.multicall.populateTransaction([
        market.interface.encodeFunctionData('claimExecution', [address, jobId]),
        commitTrace,
      ]),
  };
  if (address === key) return acting;
  if ((await market.operatorOf(address, key)).maxDaily === 0n) {
    throw new ConfigError('NODE_NOT_OPERATOR', `${address} has not named ${key} as its operator`, {
      hint: `Name it from that account: \`sliceproof account operator ${key} --max-reserved … --max-daily …\`.`,
    });
  }
  if (depositTarget > 0n) {
    throw new ConfigError(
      'NODE_DEPOSIT_NOT_OWN',
      `deposit-target is for the key's own ledger, this node acts for ${address}`,
      { hint: 'Leave deposit-target out, and deposit from that account: `sliceproof account deposit`.' },
    );
  }
  return acting;
}
