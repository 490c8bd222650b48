import { existsSync } from 'node:fs';

/** Chromium as Debian installs it; undefined: there is none on this machine. */
export const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (place) => existsSync(place),
);
