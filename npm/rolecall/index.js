'use strict';

// The program lies in a package of its own for each platform, of which npm installs the one that fits. Nothing is
// downloaded afterwards, so that no install script has to be allowed.

const path = require('node:path');

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];

/** The path of the program; throws where there is none for this platform. */
function binary() {
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform)) {
    throw new Error(`rolecall has no program for ${platform}; 'cargo install rolecall' builds one`);
  }
  const name = process.platform === 'win32' ? 'rolecall.exe' : 'rolecall';
  try {
    return path.join(path.dirname(require.resolve(`rolecall-${platform}/package.json`)), 'bin', name);
  } catch {
    throw new Error(`the package rolecall-${platform} is missing: install without --no-optional or --omit=optional`);
  }
}

module.exports = { binary, PLATFORMS };
