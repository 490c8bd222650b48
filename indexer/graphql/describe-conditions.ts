import { isInputObjectType, isObjectType, type GraphQLSchema } from 'graphql';
import { LISTS } from './lists.ts';
import type { Filterable } from './sql.ts';

/** A condition on a column is described as the column is; one on a column that holds another row's id, as what leads there. */
export function describeConditions(schema: GraphQLSchema): GraphQLSchema {
  const tables = new Map<string, Filterable>();
  const add = (table: Filterable): void => {
    tables.set(table.model, table);
    for (const { to } of Object.values(table.relations ?? {})) add(to);
  };
  for (const list of Object.values(LISTS)) add(list);
  for (const { model, filters } of tables.values()) {
    const [where, object] = [schema.getType(`${model}Where`), schema.getType(model)];
    if (!isInputObjectType(where) || !isObjectType(object)) continue;
    const [conditions, fields] = [where.getFields(), object.getFields()];
    for (const column of Object.keys(filters)) {
      const condition = conditions[column];
      const shown = fields[column] ?? fields[column.replace(/Id$/, '')];
      if (condition.description || !shown?.description) continue;
      const of = column in fields ? '' : 'The id. ';
      condition.description = `${of}${shown.description}`;
    }
  }
  return schema;
}
