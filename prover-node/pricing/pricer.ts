import type { ReadyCircuit } from '../model/ready-circuit.ts';
import type { NodeSettings } from '../settings.ts';
import { costOf, type PricingPolicy } from './cost.ts';
import type { Speed } from './speed.ts';

export interface GasUse {
  /** A bid, however many slices it names; reckoned for each, since each may be bid on alone. */
  readonly bid: bigint;
  /** Settling one slice alone. */
  readonly settle: bigint;
  /** Claim, trace and finalize of an execution. */
  readonly execute: bigint;
}

/** As the settings say. */
export function gasUseOf({
  bidGas,
  settleGas,
  executeGas,
}: Pick<NodeSettings, 'bidGas' | 'settleGas' | 'executeGas'>): GasUse {
  return { bid: BigInt(bidGas), settle: BigInt(settleGas), execute: BigInt(executeGas) };
}

/** What a job of one slice takes of a node with these roles. */
export function jobGas(roles: NodeSettings['roles'], { bid, settle, execute }: GasUse): bigint {
  return (roles.includes('execute') ? execute : 0n) + (roles.includes('prove') ? bid + settle : 0n);
}

/**
 * How a proof reaches the chain: `bid` through a bid and, if there is one, an aggregator that pays the settlement's
 * gas for the tip; `alone` without a bid, settled by this node.
 */
export type Way = 'bid' | 'alone';

/** What slices and executions cost this node. */
export class Pricer {
  readonly policy: PricingPolicy;
  readonly gas: GasUse;
  readonly #speed: Speed;
  readonly #hasAggregator: boolean;

  constructor(policy: PricingPolicy, gas: GasUse, speed: Speed, hasAggregator: boolean) {
    this.policy = policy;
    this.gas = gas;
    this.#speed = speed;
    this.#hasAggregator = hasAggregator;
  }

  /** Seconds of one worker, and the cost in 10^-18 of the asset with the gas at its price now. */
  slice(
    circuit: Pick<ReadyCircuit, 'keyDigest' | 'constraints' | 'verifierGas'>,
    gasPrice: bigint,
    way: Way,
  ): { readonly seconds: number; readonly cost: bigint } {
    const seconds = this.#speed.estimate(circuit.keyDigest, circuit.constraints);
    const { verifierGas } = circuit;
    // No aggregator takes what another contract verifies.
    const byItself = way === 'alone' || !this.#hasAggregator || verifierGas !== undefined;
    const settle = byItself ? this.gas.settle + (verifierGas ?? 0n) : 0n;
    const gas = settle + (way === 'bid' ? this.gas.bid : 0n);
    return { seconds, cost: costOf(this.policy, seconds, { gas, gasPrice }) };
  }

  /** What running a whole model costs. */
  execution(seconds: number, gasPrice: bigint): bigint {
    return costOf(this.policy, seconds, { gas: this.gas.execute, gasPrice });
  }
}
