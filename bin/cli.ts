import { leaveNothingUnfinished } from '../protocol/files/unfinished.ts';
import { surviveClosedPipes } from '../protocol/terminal/closed-pipes.ts';
import { leaveWhenWritten } from './leave.ts';
import { runCommandLine } from './run.ts';

surviveClosedPipes();
leaveNothingUnfinished();
process.exitCode = await runCommandLine(process.argv.slice(2));
leaveWhenWritten();
