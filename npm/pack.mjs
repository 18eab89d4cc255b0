#!/usr/bin/env node
// Makes the npm packages of a built program: `node npm/pack.mjs PLATFORM PROGRAM OUT` the one of a platform,
// `node npm/pack.mjs main OUT` the one that people install. The version is that of Cargo.toml.

import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { PLATFORMS } = createRequire(import.meta.url)('./rolecall/index.js');
const version = /^version = "([^"]+)"$/m.exec(readFileSync(path.join(root, 'Cargo.toml'), 'utf8'))[1];
// npm installs manuals, but knows no place for completions.
const COMPLETIONS = [
  ['bash', 'bash-completion/completions'],
  ['fish', 'fish/vendor_completions.d'],
  ['zsh', 'zsh/site-functions'],
];
const own = JSON.parse(readFileSync(path.join(root, 'npm/rolecall/package.json'), 'utf8'));

function write(folder, manifest) {
  for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) {
    copyFileSync(path.join(root, licence), path.join(folder, licence));
  }
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function platformPackage(platform, program, out) {
  const [os, cpu] = platform.split('-');
  const name = os === 'win32' ? 'rolecall.exe' : 'rolecall';
  const folder = path.join(out, `rolecall-${platform}`);
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  copyFileSync(program, path.join(folder, 'bin', name));
  chmodSync(path.join(folder, 'bin', name), 0o755);
  write(folder, {
    name: `rolecall-${platform}`,
    version,
    description: `The program of the package rolecall for ${os} on ${cpu}.`,
    license: own.license,
    files: ['bin', 'LICENSE-APACHE', 'LICENSE-MIT'],
    os: [os],
    cpu: [cpu],
    preferUnplugged: true,
  });
}

function mainPackage(out) {
  const folder = path.join(out, 'rolecall');
  cpSync(path.join(root, 'npm/rolecall'), folder, { recursive: true });
  const share = path.join(root, 'packaging/python/data/data/share');
  cpSync(path.join(share, 'man/man1'), path.join(folder, 'man'), { recursive: true });
  for (const [shell, from] of COMPLETIONS) {
    const to = path.join(folder, 'completions', shell);
    mkdirSync(to, { recursive: true });
    cpSync(path.join(share, from), to, { recursive: true });
  }
  const pages = readdirSync(path.join(folder, 'man')).map((name) => `man/${name}`);
  const optionalDependencies = Object.fromEntries(PLATFORMS.map((one) => [`rolecall-${one}`, version]));
  write(folder, { ...own, version, man: pages, optionalDependencies });
}

const words = process.argv.slice(2);
if (words.length === 2 && words[0] === 'main') {
  mainPackage(words[1]);
} else if (words.length === 3 && PLATFORMS.includes(words[0])) {
  platformPackage(...words);
} else {
  console.error(`usage: pack.mjs main OUT\n       pack.mjs ${PLATFORMS.join('|')} PROGRAM OUT`);
  process.exit(2);
}
