// Writes the schema of the indexer to its standard output; see schema.ts.
import { printSchema } from 'graphql';
import { createSchema } from '../../indexer/graphql/schema.ts';

process.stdout.write(`${printSchema(createSchema())}\n`);
