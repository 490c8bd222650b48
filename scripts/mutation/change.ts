import type { Node } from './syntax-tree.ts';

/** A change of one node. */
export interface Change {
  readonly operator: string;
  /** The node's text with the change made, without any other. */
  readonly to: string;
  /** The node's text with the change under a switch, around what `text` is by now. `on` is true while it is on. */
  readonly wrap: (text: string, on: string) => string;
}

/** What the tree above says of a node. */
export interface Place {
  readonly node: Node;
  readonly parents: readonly Node[];
  /** The text that the file has at a node. */
  readonly textOf: (node: Node) => string;
}
