/**
 * Raised whenever events come to make other rows than before. A database whose rows follow older rules is read again from
 * the deployment's block: a migration can make a column, and can't know what the events of long ago said.
 */
export const PROJECTION = 2;
