import type { Amount } from '../reasons.ts';
import type { Ailment } from '../status/health.ts';
import type { Webhook } from './webhook.ts';

export interface AlertsOptions {
  readonly webhook: Pick<Webhook, 'post'>;
  /** Settings may change: they are asked for each time. */
  readonly settings: () => {
    /** Where alerts are posted to; undefined: nowhere. */
    readonly alertUrl?: string | undefined;
    /** Seconds that an ailment lasts before it is told. */
    readonly alertAfterSeconds: number;
  };
  readonly name: string;
  /** Undefined while the node starts. */
  readonly account: () => string | undefined;
  readonly health: () => Promise<readonly Ailment[]>;
  /** What was slashed since the deployment, in 10^-18 of the asset; undefined while that isn't known. */
  readonly slashed: () => bigint | undefined;
  readonly amount: Amount;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** An ailment that lasts. */
interface Lasting {
  readonly since: number;
  /** Whether it was told that it began. */
  readonly told: boolean;
}

/**
 * Tells the operator of each ailment of the node that lasts, of its end, and of what was slashed; each once. What began and ended
 * between two looks, or within the time that is waited for, is not told of.
 */
export class Alerts {
  readonly #options: AlertsOptions;
  readonly #lasting = new Map<string, Lasting>();
  #slashed: bigint | undefined;

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  /** Looks at the node; resolves when it has, whatever becomes of what it tells. */
  async look(): Promise<void> {
    const { health, slashed, clock } = this.#options;
    if (this.#options.settings().alertUrl === undefined) {
      this.#lasting.clear();
      this.#slashed = undefined;
      return;
    }
    const now = clock();
    const ailments = await health();
    // That it was told to stop its operator knows, and it says no more of anything else.
    if (ailments.some(({ code }) => code === 'STOPPING')) return;
    const after = 1000 * this.#options.settings().alertAfterSeconds;
    for (const { code, text } of ailments) {
      const lasting = this.#lasting.get(code) ?? { since: now, told: false };
      const tells = !lasting.told && now >= lasting.since + after;
      if (tells) this.#tell('begins', code, text, now, { since: new Date(lasting.since).toISOString() });
      this.#lasting.set(code, { ...lasting, told: lasting.told || tells });
    }
    for (const [code, { since, told }] of this.#lasting) {
      if (ailments.some((one) => one.code === code)) continue;
      this.#lasting.delete(code);
      const seconds = Math.round((now - since) / 1000);
      if (told) this.#tell('ends', code, `it lasted ${seconds} s`, now, { seconds });
    }
    this.#lookAtSlashed(slashed(), now);
  }

  /** What was slashed before the first look is nothing new; a reorganisation may take it back. */
  #lookAtSlashed(slashed: bigint | undefined, now: number): void {
    if (slashed === undefined) return;
    const more = slashed - (this.#slashed ?? slashed);
    if (more > 0n) this.#tell('slashed', 'SLASHED', `${this.#options.amount(more)} were slashed`, now, {});
    this.#slashed = slashed;
  }

  #tell(
    event: 'begins' | 'ends' | 'slashed',
    code: string,
    because: string,
    now: number,
    more: Readonly<Record<string, unknown>>,
  ): void {
    const { webhook, settings, name, account } = this.#options;
    const { alertUrl } = settings();
    if (alertUrl === undefined) return;
    webhook.post(alertUrl, {
      format: 'sliceproof-alert/1',
      // What chats show.
      text: `sliceproof node ${name}: ${event === 'slashed' ? '' : `${code} ${event}: `}${because}`,
      ...{ at: new Date(now).toISOString(), node: name, account: account() ?? null },
      ...{ event, code, because, ...more },
    });
  }
}
