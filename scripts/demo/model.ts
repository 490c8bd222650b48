import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pc from 'picocolors';
import type { Client } from '../../client/client.ts';
import { readPublishedModel, type PublishedManifest } from '../../client/jobs/read-model.ts';
import { publishModel } from '../../client/models/publish-model.ts';
import { printTable, standardOutput } from '../../protocol/terminal/output.ts';
import type { Screen } from './screen.ts';

const root = path.dirname(path.dirname(import.meta.dirname));
export const DIGITS = path.join(root, 'examples', 'digits');
