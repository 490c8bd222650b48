import { readFileSync } from 'node:fs';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  printSchema,
  type GraphQLNamedType,
} from 'graphql';
import { expect, test } from 'vitest';
import { scalarsPage } from '../../indexer/graphql/scalars-page.ts';
import { createSchema } from '../../indexer/graphql/schema.ts';

const schema = createSchema();

test('indexer/schema.graphql is the schema (else: npm run generate)', () => {
  expect(readFileSync('indexer/schema.graphql', 'utf8')).toBe(`${printSchema(schema)}\n`);
});

interface Said {
  readonly name: string;
  readonly description: string | null | undefined;
}

/** Everything of a type that a reader of the schema meets. */
function partsOf(type: GraphQLNamedType): readonly Said[] {
  const own = { name: type.name, description: type.description };
  const within = ({ name, description }: Said): Said => ({ name: `${type.name}.${name}`, description });
  if (isEnumType(type)) return [own, ...type.getValues().map(within)];
  if (isInputObjectType(type)) return [own, ...Object.values(type.getFields()).map(within)];
  if (isObjectType(type) || isInterfaceType(type)) {
    const fields = Object.values(type.getFields()).flatMap((field) => [
      within(field),
      ...field.args.map(({ name, description }) => within({ name: `${field.name}(${name})`, description })),
    ]);
    return [own, ...fields];
  }
  return [own];
}

test('every type, field, argument, enum value and input field is described', () => {
  const parts = Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type))
    .flatMap(partsOf);
  expect(parts.length).toBeGreaterThan(500);
  expect(
    parts.filter(({ description }) => (description ?? '').trim() === '').map(({ name }) => name),
  ).toEqual([]);
});

test('every scalar of its own is specified on the page that it names', () => {
  const page = scalarsPage(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isScalarType(type) || isSpecifiedScalarType(type)) continue;
    const [, anchor] = /^\/scalars#(\w+)$/.exec(type.specifiedByURL ?? '') ?? [];
    expect([type.name, anchor]).toEqual([type.name, type.name.toLowerCase()]);
    expect(page).toContain(`<h2 id="${anchor}">${type.name}</h2>\n<p>${type.description}</p>`);
  }
});
