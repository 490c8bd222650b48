/** What can be added to a row: some of its counts and amounts. */
export type SumsOf<Row> = {
  readonly [K in keyof Row as Row[K] extends bigint | number ? K : never]?: Row[K];
};

/** The row with more in some of its columns. */
export function plus<Row extends object>(row: Row, sums: SumsOf<Row>): Row {
  const sum = { ...row } as Record<string, unknown>;
  for (const column of Object.keys(sums)) {
    const before = sum[column];
    const more = sums[column as keyof SumsOf<Row>];
    sum[column] =
      typeof before === 'bigint' ? before + (more as bigint) : (before as number) + (more as number);
  }
  return sum as Row;
}
