import type { ContractTransaction, Signer, TransactionReceipt } from 'ethers';

/** Signs texts and typed data as an account. */
export interface TextSigner extends Pick<Signer, 'signMessage' | 'signTypedData'> {
  readonly address: string;
}

/** An account that acts: a key of ours (`Sender`), or somebody else's signer (`WalletSender`). */
export interface SendingAccount {
  readonly address: string;
  readonly wallet: TextSigner;
  /**
   * Simulates a call, sends it and waits until it is mined.
   * @param what for the log, and in errors
   * @param build the call; asked when its turn has come
   * @throws ChainError CHAIN_REVERTED with the contract's error name and arguments
   */
  send(what: string, build: () => Promise<ContractTransaction>): Promise<TransactionReceipt>;
}
