import { isScalarType, type GraphQLSchema } from 'graphql';

/** What may stand for each scalar, and how a client in TypeScript holds it. */
const HELD: Readonly<Record<string, readonly [pattern: string, example: string, type: string]>> = {
  Amount: [String.raw`^\d{1,78}$`, '"1500000000000000000" (one and a half of the asset)', 'string'],
  Address: ['^0x[0-9a-fA-F]{40}$', '"0x000000000000000000000000000000000000dead"', 'string'],
  Bytes32: ['^0x[0-9a-fA-F]{64}$', `"0x${'00'.repeat(31)}2a"`, 'string'],
  Timestamp: ['a whole number from 0 to 2^53 − 1', '1767225600', 'number'],
};

/** The page that `specifiedByURL` of the schema's own scalars points to, from the address of the server. */
export function scalarsPage(schema: GraphQLSchema): string {
  const entries = Object.entries(HELD).map(([name, [pattern, example, type]]) => {
    const scalar = schema.getType(name);
    const said = isScalarType(scalar) ? scalar.description : '';
    return `<h2 id="${name.toLowerCase()}">${name}</h2>
<p>${said}</p>
<ul><li>Takes: <code>${pattern}</code></li><li>For example: <code>${example}</code></li><li>In TypeScript: <code>${type}</code></li></ul>`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Scalars of the market</title>
<h1>Scalars of the market</h1>
${entries.join('\n')}
</html>
`;
}
