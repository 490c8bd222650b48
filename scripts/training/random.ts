/** A source of numbers that is the same on every machine for the same seed. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  readonly uniform: () => number;
  /** Uniform whole number in [0, bound). */
  readonly below: (bound: number) => number;
}

/** The generator sfc32 (Chris Doty-Humphrey, PractRand), seeded with one number and warmed up. */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9 | 0;
  let b = seed | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  const uniform = (): number => next() / 2 ** 32;
  return { uniform, below: (bound) => Math.floor(uniform() * bound) };
}

/** The numbers 0 … length − 1 in a random order (Fisher–Yates). */
export function shuffledIndices(length: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
