#!/usr/bin/env node
'use strict';

const { spawnSync } = require('node:child_process');
const { constants } = require('node:os');
const { binary } = require('../index.js');

let program;
try {
  program = binary();
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(2);
}
const ran = spawnSync(program, process.argv.slice(2), { stdio: 'inherit', windowsHide: true });
if (ran.error) {
  console.error(`error: cannot start ${program}: ${ran.error.message}`);
  process.exit(2);
}
process.exit(ran.signal ? 128 + (constants.signals[ran.signal] ?? 0) : ran.status);
