/** What gas is spent for. */
export const KINDS = ['post', 'claim', 'claim in vain', 'bid', 'bid in vain', 'settle', 'finalize'] as const;
export type Kind = (typeof KINDS)[number];

export interface Transaction {
  /** What it may take: a block must have room for it. */
  readonly gas: number;
  /** Changes the market at the block's time. @returns what the gas went for, and how much it was */
  apply(now: number): { readonly kind: Kind; readonly gas: number };
}

/** Blocks with room for so much gas, filled in the order in which transactions came. */
export class Chain {
  readonly #blockGas: number;
  readonly #waiting: Transaction[] = [];
  readonly spent = new Map<Kind, { gas: number; count: number }>(
    KINDS.map((kind) => [kind, { gas: 0, count: 0 }]),
  );
  /** Of the blocks' room, what was used, each. */
  readonly fullness: number[] = [];

  constructor(blockGas: number) {
    this.#blockGas = blockGas;
  }

  send(transaction: Transaction): void {
    this.#waiting.push(transaction);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  mine(now: number): void {
    let room = this.#blockGas;
    let taken = 0;
    for (const transaction of this.#waiting) {
      if (transaction.gas > room) break;
      taken++;
      const { kind, gas } = transaction.apply(now);
      room -= gas;
      const sum = this.spent.get(kind)!;
      sum.gas += gas;
      sum.count++;
    }
    this.#waiting.splice(0, taken);
    this.fullness.push(1 - room / this.#blockGas);
  }
}
