/**
 * Raised whenever events come to make other rows than before. Rows that follow older rules are made again of the stored events:
 * a migration can make a column, and can't know what the events of long ago said.
 */
export const PROJECTION = 5;
