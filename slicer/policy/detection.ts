/**
 * Probability that `audits` slices drawn without replacement from `population` contain none of the `cheated` ones:
 * C(population − cheated, audits) / C(population, audits), as a product (hypergeometric distribution, no success).
 */
export function missProbability(population: number, cheated: number, audits: number): number {
  let miss = 1;
  for (let i = 0; i < audits; i++) miss *= Math.max(0, population - cheated - i) / (population - i);
  return miss;
}

/**
 * The fewest audits that find at least one of `cheated` slices among `population` with probability `detection`.
 * undefined: nothing is cheated, or there is nothing to draw from.
 */
export function auditsFor(population: number, cheated: number, detection: number): number | undefined {
  if (cheated < 1 || population < 1) return undefined;
  const wrong = Math.min(cheated, population);
  // Products of quotients are off by a few units in the last place; 1 − 9/10 is not to need a second audit for 0.1.
  const slack = 1e-12;
  let audits = 0;
  while (audits < population && 1 - missProbability(population, wrong, audits) < detection - slack) audits++;
  return audits;
}
