import { Hono } from 'hono';

/** Ponder doesn't start without; nobody asks it. */
export default new Hono();
