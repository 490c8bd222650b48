import { ask } from './ask.ts';

/** A page of a list, as the API gives it. */
export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export interface Rows<Node> {
  readonly rows: readonly Node[];
  /** Whether there are more than were asked for. */
  readonly more: boolean;
}

/**
 * Reads a list page by page, newest first.
 * @param list the field with its arguments, `$after` among them, e.g. `settlements(first: 100, after: $after)`
 * @param most pages at most
 * @param goOn false: rows from here on are of no interest
 */
export async function readPages<Node>(
  list: string,
  fields: string,
  most: number,
  signal: AbortSignal,
  goOn: (last: Node) => boolean = () => true,
): Promise<Rows<Node>> {
  const rows: Node[] = [];
  let after: string | null = null;
  for (let page = 0; page < most; page++) {
    const { list: got }: { list: Page<Node> } = await ask(
      `query ($after: String) { list: ${list} { nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`,
      { after },
      signal,
    );
    rows.push(...got.nodes);
    if (!got.pageInfo.hasNextPage || !goOn(got.nodes.at(-1)!)) return { rows, more: false };
    after = got.pageInfo.endCursor;
  }
  return { rows, more: true };
}
