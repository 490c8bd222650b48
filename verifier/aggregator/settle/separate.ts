/** Items that go together, and those that don't with why. */
export interface Separated<Item> {
  readonly good: readonly Item[];
  readonly bad: readonly { readonly item: Item; readonly error: unknown }[];
}

/**
 * Finds what spoils a batch, by halves: one bad item among n costs about 2·log2(n) tries and keeps nobody else
 * from going.
 * @param refusal tries some items together; why they are refused, or undefined
 */
export async function separate<Item>(
  items: readonly Item[],
  refusal: (items: readonly Item[]) => Promise<unknown>,
): Promise<Separated<Item>> {
  if (items.length === 0) return { good: [], bad: [] };
  const error = await refusal(items);
  if (error === undefined) return { good: items, bad: [] };
  if (items.length === 1) return { good: [], bad: [{ item: items[0], error }] };
  const middle = Math.floor(items.length / 2);
  const left = await separate(items.slice(0, middle), refusal);
  const right = await separate(items.slice(middle), refusal);
  return { good: [...left.good, ...right.good], bad: [...left.bad, ...right.bad] };
}
