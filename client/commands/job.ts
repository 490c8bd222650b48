import { Command } from '@commander-js/extra-typings';
import { challengeCommand, deliverCommand, drawCommand, raiseCommand, revealCommand } from './job-running.ts';
import { bringBidsCommand, cancelBidsCommand, signBidCommand } from './job-bids.ts';
import { cancelSignedCommand, postSignedCommand } from './job-signed.ts';
import { resultCommand } from './job-result.ts';
import { postCommand } from './job-post.ts';
import { quoteCommand } from './job-quote.ts';
import { cancelCommand, statusCommand, waitCommand } from './job-status.ts';

/** `sliceproof job …`; `verify` is the verifier's and is added where the sides are put together. */
export function jobCommand(): Command {
  return new Command('job')
    .description('Post an inference job, follow it, read its result, check its receipt.')
    .addCommand(quoteCommand())
    .addCommand(postCommand())
    .addCommand(statusCommand())
    .addCommand(waitCommand())
    .addCommand(resultCommand())
    .addCommand(cancelCommand())
    .addCommand(postSignedCommand())
    .addCommand(cancelSignedCommand())
    .addCommand(signBidCommand())
    .addCommand(bringBidsCommand())
    .addCommand(cancelBidsCommand())
    .addCommand(raiseCommand())
    .addCommand(challengeCommand())
    .addCommand(drawCommand())
    .addCommand(revealCommand())
    .addCommand(deliverCommand());
}
