import { GraphQLError } from 'graphql';
import { WHOLE_MARKET } from '../projection/periods.ts';
import type { Served } from '../projection/rows.ts';
import type { Builder, GraphqlContext } from './builder.ts';
import type { Enums } from './enums.ts';
import type { Objects } from './objects.ts';
import { badValue } from './scalars.ts';
import type { Filterable } from './sql.ts';

type Period = Served<'Period'>;

const MOST_PERIODS = 1000;
const PERIODS = 100;

const PERIOD: Filterable = { model: 'Period', filters: { length: 'PeriodLength', start: 'Timestamp' } };

interface PeriodArgs {
  readonly length: string;
  readonly from?: bigint | null | undefined;
  readonly until?: bigint | null | undefined;
  readonly last: number;
}

/** `periods` of the market, of a model and of an account. */
export function addPeriodLists(builder: Builder, objects: Objects, enums: Enums): void {
  type Arguments = Parameters<Parameters<typeof builder.queryField>[1]>[0]['arg'];
  const argsOf = (arg: Arguments) => ({
    length: arg({ type: enums.PeriodLength, required: true, description: 'Hours or days.' }),
    from: arg({ type: 'Timestamp', description: 'Those that begin then or later.' }),
    until: arg({ type: 'Timestamp', description: 'Those that begin before then.' }),
    last: arg.int({
      required: true,
      defaultValue: PERIODS,
      description: `Of these the last ones, at most ${MOST_PERIODS}.`,
    }),
  });
  const extensions = { most: MOST_PERIODS, sizedBy: 'last' };
  const inOrder = 'in their order; there is none where nothing happened.';

  builder.queryField('periods', (t) =>
    t.field({
      type: [objects.Period],
      description: `What happened hour by hour or day by day, ${inOrder} In the whole market, or as \`model\` or \`account\` says.`,
      extensions,
      args: {
        ...argsOf(t.arg),
        model: t.arg({ type: 'Bytes32', description: 'In jobs of this model.' }),
        account: t.arg({ type: 'Address', description: 'With this account.' }),
      },
      resolve: (_root, { model, account, ...args }, context) => {
        if (model && account) throw badValue('expected a `model` or an `account`, not both');
        return periodsOf(model ?? account ?? WHOLE_MARKET, args, context);
      },
    }),
  );
  const add = (object: unknown, description: string): void => {
    builder.objectField(object as typeof objects.Model, 'periods', (t) =>
      t.field({
        type: [objects.Period],
        description: `${description}, ${inOrder}`,
        extensions,
        args: argsOf(t.arg),
        resolve: ({ id }, args, context) => periodsOf(id, args, context),
      }),
    );
  };
  add(objects.Model, 'What happened in its jobs hour by hour or day by day');
  add(objects.Account, 'What happened with it hour by hour or day by day');
  add(objects.Prover, 'What happened with it hour by hour or day by day');
}

async function periodsOf(
  of: string,
  { length, from, until, last }: PeriodArgs,
  { reads }: GraphqlContext,
): Promise<readonly Period[]> {
  if (last < 0 || last > MOST_PERIODS) {
    throw new GraphQLError(`\`last\` is from 0 to ${MOST_PERIODS}, got ${last}.`, {
      extensions: { code: 'GRAPHQL_BAD_PAGE' },
    });
  }
  const rows = await reads.page(
    {
      table: PERIOD,
      where: { length: { equals: length }, start: { gte: from, lt: until } },
      of: 'of',
      order: { column: 'start', type: 'bigint' },
      direction: 'desc',
      beyond: undefined,
      size: last,
    },
    of,
  );
  return rows.toReversed() as unknown as readonly Period[];
}
