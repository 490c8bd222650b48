import type { ReadyCircuit } from '../model/ready-circuit.ts';
import type { NodeSettings } from '../settings.ts';
import { costOf, type PricingPolicy } from './cost.ts';
import type { GasUse, GasUsed } from './gas-used.ts';
import type { Speed } from './speed.ts';

/** What a job of one slice takes of a node with these roles. */
export function jobGas(roles: NodeSettings['roles'], { bid, settle, execute }: GasUse): bigint {
  return (roles.includes('execute') ? execute : 0n) + (roles.includes('prove') ? bid + settle : 0n);
}

/**
 * How a proof reaches the chain: `bid` through a bid and, if there is one, an aggregator that pays the settlement's
 * gas for the tip; `alone` without a bid, settled by this node.
 */
export type Way = 'bid' | 'alone';

type PricerSettings = PricingPolicy & Pick<NodeSettings, 'aggregator'>;

/** What slices and executions cost this node. */
export class Pricer {
  readonly #settings: () => PricerSettings;
  readonly #speed: Speed;
  readonly #gasUsed: GasUsed;

  /** @param settings asked for each time: they may change */
  constructor(settings: () => PricerSettings, speed: Speed, gasUsed: GasUsed) {
    this.#settings = settings;
    this.#speed = speed;
    this.#gasUsed = gasUsed;
  }

  get policy(): PricingPolicy {
    return this.#settings();
  }

  /** What things may take, for whoever sees to it that it can be paid; prices reckon with what is usual. */
  get gas(): GasUse {
    return this.#gasUsed.most;
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
    const hasAggregator = this.#settings().aggregator.length > 0;
    const byItself = way === 'alone' || !hasAggregator || verifierGas !== undefined;
    const { bid, settle } = this.#gasUsed.usual;
    const gas = (byItself ? settle + (verifierGas ?? 0n) : 0n) + (way === 'bid' ? bid : 0n);
    return { seconds, cost: costOf(this.policy, seconds, { gas, gasPrice }) };
  }

  /** What running a whole model costs. */
  execution(seconds: number, gasPrice: bigint): bigint {
    return costOf(this.policy, seconds, { gas: this.#gasUsed.usual.execute, gasPrice });
  }
}
