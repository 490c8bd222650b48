import type { Builder } from './builder.ts';
import type { Objects } from './objects.ts';
import type { Reads } from './reads.ts';

/** What an account did here, and the rows that show it: each is found by an index. */
const ROLES = {
  REQUESTER: ['It posted a job.', 'SELECT 1 FROM "Job" r WHERE r."requester" = p.id'],
  EXECUTOR: [
    'It claimed an execution or committed a trace.',
    'SELECT 1 FROM "Job" r WHERE r."executor" = p.id',
  ],
  PROVER: ['It bid, executed, or was paid for a proof.', 'SELECT 1 FROM "Prover" r WHERE r.id = p.id'],
  AGGREGATOR: ['It settled slices.', 'SELECT 1 FROM "Settlement" r WHERE r."settler" = p.id'],
  PUBLISHER: ['It registered a model.', 'SELECT 1 FROM "Model" r WHERE r."publisher" = p.id'],
  REGISTRANT: ['It registered a circuit.', 'SELECT 1 FROM "Circuit" r WHERE r."registrant" = p.id'],
  OPERATOR: [
    'An account named it to act for it.',
    'SELECT 1 FROM "Operator" r WHERE r."operator" = p.id AND r."named"',
  ],
  TREASURY: ['The market’s fees go to it.', 'SELECT 1 FROM "Totals" r WHERE r."treasury" = p.id'],
} as const satisfies Readonly<Record<string, readonly [description: string, shown: string]>>;

type Role = keyof typeof ROLES;
const NAMES = Object.keys(ROLES) as Role[];

const SELECT = `SELECT p.id, ${NAMES.map((role) => `EXISTS (${ROLES[role][1]}) AS "${role}"`).join(', ')}
  FROM unnest($1::text[]) AS p(id)`;

/** In the order in which they are listed. */
export async function rolesOf(address: string, reads: Reads): Promise<readonly Role[]> {
  const found = await reads.one<Readonly<Record<Role, boolean>>>(SELECT, address);
  return NAMES.filter((role) => found?.[role] === true);
}

/** `Account.roles`. */
export function addRoles(builder: Builder, { Account }: Objects): void {
  const AccountRole = builder.enumType('AccountRole', {
    description: 'What an account did in this market.',
    values: Object.fromEntries(NAMES.map((role) => [role, { description: ROLES[role][0] }])) as {
      readonly [R in Role]: { readonly description: string };
    },
  });
  builder.objectField(Account, 'roles', (t) =>
    t.field({
      type: [AccountRole],
      description: 'All that it did.',
      extensions: { most: NAMES.length },
      resolve: ({ id }, _args, { reads }) => rolesOf(id, reads),
    }),
  );
}
