/** A price that rises linearly, as the contracts' Pricing.ramp has it. */
export interface Ramp {
  readonly low: bigint;
  readonly high: bigint;
  /** Seconds since 1970. */
  readonly start: number;
  readonly seconds: number;
}

export function rampAt({ low, high, start, seconds }: Ramp, at: number): bigint {
  const elapsed = Math.max(0, Math.floor(at) - start);
  return elapsed >= seconds ? high : low + ((high - low) * BigInt(elapsed)) / BigInt(seconds);
}
