import {
  Transaction,
  Wallet,
  type ContractTransaction,
  type JsonRpcProvider,
  type TransactionReceipt,
} from 'ethers';
import PQueue from 'p-queue';
import type { Sender } from '../../../../protocol/chain/sending/sender.ts';
import { nameRevert } from '../../../../protocol/chain/revert.ts';
import { contractInterfaces } from '../../../../protocol/contracts/market.ts';

const GWEI = 10n ** 9n;

/** An account whose transactions the test brings into blocks. */
class Account {
  readonly wallet: Wallet;
  readonly provider: JsonRpcProvider;
  #nonce: number | undefined;

  constructor(provider: JsonRpcProvider, privateKey: string) {
    this.provider = provider;
    this.wallet = new Wallet(privateKey, provider);
  }

  async sign({ to, data }: ContractTransaction, gasLimit: bigint, tip: bigint): Promise<string> {
    this.#nonce ??= await this.provider.getTransactionCount(this.wallet.address);
    const { chainId } = this.provider._network;
    return this.wallet.signTransaction({
      ...{ to, data, gasLimit, chainId, type: 2, nonce: this.#nonce++ },
      ...{ maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: tip },
    });
  }
}

/** The other side: pays more than the node, so that its transactions go first, and never minds a revert. */
export class Rival extends Account {
  async send(call: Promise<ContractTransaction>): Promise<string> {
    const signed = await this.sign(await call, 2_000_000n, 50n * GWEI);
    await this.provider.send('eth_sendRawTransaction', [signed]);
    return Transaction.from(signed).hash as string;
  }
}

/** As the node's own sender: one transaction after the other, each tried first, and mined in one of the next blocks. */
export class BlockSender extends Account {
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #late: () => boolean;
  #waiting: { signed: string; block: number; mined: (receipt: TransactionReceipt) => void }[] = [];
  #block = 0;
  gasUsed = 0n;

  /** @param late whether a transaction misses the next block */
  constructor(provider: JsonRpcProvider, privateKey: string, late: () => boolean) {
    super(provider, privateKey);
    this.#late = late;
  }

  /** As whoever uses it sees it. */
  get sender(): Sender {
    return this as unknown as Sender;
  }

  get address(): string {
    return this.wallet.address;
  }

  /** How many wait for a block, or for those before them. */
  get held(): number {
    return this.#queue.size + this.#waiting.length;
  }

  send(_what: string, build: () => Promise<ContractTransaction>): Promise<TransactionReceipt> {
    return this.#queue.add(async () => {
      try {
        const call = await build();
        const estimate = await this.provider.estimateGas({ ...call, from: this.address });
        const signed = await this.sign(call, (estimate * 6n) / 5n, GWEI);
        const receipt = await new Promise<TransactionReceipt>((mined) =>
          this.#waiting.push({ signed, block: this.#block + (this.#late() ? 2 : 1), mined }),
        );
        if (receipt.status !== 1) await this.provider.call({ ...call, from: this.address });
        return receipt;
      } catch (error) {
        throw nameRevert(error, contractInterfaces);
      }
    });
  }

  /** It is alone. */
  readonly othersSend = false;
  lookOut(): void {}

  idle(): Promise<void> {
    return this.#queue.onIdle();
  }

  /** Gives out what is to be in the next block. */
  async give(): Promise<void> {
    for (const { signed, block } of this.#waiting) {
      if (block === this.#block + 1) await this.provider.send('eth_sendRawTransaction', [signed]);
    }
  }

  /** After a block. */
  async mined(block: number): Promise<void> {
    this.#block = block;
    const due = this.#waiting.filter((one) => one.block <= block);
    this.#waiting = this.#waiting.filter((one) => one.block > block);
    for (const { signed, mined } of due) {
      const receipt = await this.provider.getTransactionReceipt(Transaction.from(signed).hash as string);
      if (!receipt) throw new Error('a transaction is in no block');
      this.gasUsed += receipt.gasUsed;
      mined(receipt);
    }
  }
}
