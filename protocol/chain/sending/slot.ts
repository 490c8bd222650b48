import { Transaction, type TransactionRequest, type Wallet } from 'ethers';
import type { Fees } from './fees.ts';
import { expectFits } from './limits.ts';

/** A signed transaction: sent any number of times, it is mined once at most. */
export interface SignedTransaction {
  readonly hash: string;
  /** The bytes, as `eth_sendRawTransaction` takes them. */
  readonly signed: string;
}

/** One try to have a nonce's work mined. */
export interface Attempt extends SignedTransaction {
  readonly fees: Fees;
  /** A transfer of nothing to itself, in the work's place. */
  readonly cancels: boolean;
}

/** What is called, whatever it costs. */
export interface Call {
  readonly to: string | null;
  readonly data: string;
  readonly value: bigint;
}

export function callOf({ to, data, value }: TransactionRequest): Call {
  return { to: (to as string | null | undefined) ?? null, data: data ?? '0x', value: BigInt(value ?? 0) };
}

/** A nonce, and the one work that it is for: all attempts carry that work, or none. */
export class Slot {
  readonly what: string;
  readonly nonce: number;
  readonly call: Call;
  readonly gasLimit: bigint;
  /** The newest last. */
  readonly attempts: Attempt[] = [];
  /** From then on attempts carry no work: its time is over. */
  cancelled = false;

  constructor(what: string, nonce: number, call: Call, gasLimit: bigint) {
    this.what = what;
    this.nonce = nonce;
    this.call = call;
    this.gasLimit = gasLimit;
  }

  /** The slot of transactions that were signed earlier, all of one nonce. */
  static of(what: string, transactions: readonly SignedTransaction[]): Slot {
    const parsed = transactions.map(({ signed }) => Transaction.from(signed));
    const [{ nonce, to, data, value, gasLimit }] = parsed;
    const slot = new Slot(what, nonce, { to, data, value }, gasLimit);
    for (const [i, { hash, signed }] of transactions.entries()) {
      const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = parsed[i];
      const maxFee = maxFeePerGas ?? gasPrice ?? 0n;
      const fees = { maxFee, tip: maxPriorityFeePerGas ?? maxFee };
      slot.attempts.push({ hash, signed, fees, cancels: false });
    }
    return slot;
  }

  get last(): Attempt | undefined {
    return this.attempts.at(-1);
  }

  /**
   * Signs the work, or what takes its place, at these fees.
   * @param legacy whether the chain knows no EIP-1559
   * @throws ChainError CHAIN_TRANSACTION_TOO_LARGE
   */
  async sign(wallet: Wallet, chainId: bigint, fees: Fees, legacy: boolean): Promise<Attempt> {
    const { nonce, cancelled, gasLimit } = this;
    const work = cancelled ? { to: wallet.address, data: '0x', value: 0n } : this.call;
    const signed = await wallet.signTransaction({
      ...work,
      chainId,
      nonce,
      gasLimit,
      ...(legacy
        ? { type: 0, gasPrice: fees.maxFee }
        : { type: 2, maxFeePerGas: fees.maxFee, maxPriorityFeePerGas: fees.tip }),
    });
    expectFits(this.what, (signed.length - 2) / 2);
    return { hash: Transaction.from(signed).hash as string, signed, fees, cancels: cancelled };
  }
}
