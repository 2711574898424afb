#!/usr/bin/env node
// Writes the tables of Unicode's form NFC, src/Sluice/Identity/nfc.txt, and the vectors of their test, from the normaliser of
// the JavaScript engine that runs this. `--check` writes nothing and exits with 1 when the files differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const hex = code => code.toString(16).toUpperCase().padStart(4, '0');
const codesOf = text => [...text].map(character => character.codePointAt(0));
const text = (...codes) => String.fromCodePoint(...codes);
const isHangul = code => code >= 0xac00 && code <= 0xd7a3;

const all = [];
for (let code = 0; code <= 0x10ffff; code++) {
  if (code < 0xd800 || code > 0xdfff) {
    all.push(code);
  }
}

// Only the order of combining classes matters, so each class is written as its rank. U+0345 has the highest class, alone:
// a mark is what moves in front of it.
const isBefore = (a, b) => text(b, a).normalize('NFD') === text(a, b);
const marks = all.filter(code => text(code).normalize('NFD') === text(code) && code !== 0x345 && isBefore(code, 0x345));
const classes = [];
for (const mark of marks) {
  const same = classes.find(members => !isBefore(mark, members[0]) && !isBefore(members[0], mark));
  if (same) {
    same.push(mark);
  } else {
    classes.push([mark]);
  }
}

classes.sort((a, b) => (isBefore(a[0], b[0]) ? -1 : 1));
classes.push([0x345]);

const ranges = codes => {
  const found = [];
  for (const code of codes) {
    if (found.length > 0 && found.at(-1)[1] === code - 1) {
      found.at(-1)[1] = code;
    } else {
      found.push([code, code]);
    }
  }

  return found.map(([first, last]) => (first === last ? hex(first) : `${hex(first)}-${hex(last)}`)).join(' ');
};

// A character that composes is written with its pair, any other that decomposes with all that it becomes.
const mappings = [];
for (const code of all) {
  const decomposed = text(code).normalize('NFD');
  if (isHangul(code) || decomposed === text(code)) {
    continue;
  }

  const codes = codesOf(decomposed);
  if (text(code).normalize('NFC') === text(code)) {
    const [first, ...rest] = codesOf(text(...codes.slice(0, -1)).normalize('NFC'));
    if (rest.length > 0) {
      throw new Error(`U+${hex(code)} is not a pair.`);
    }

    mappings.push(`${hex(code)}+${hex(first)} ${hex(codes.at(-1))}`);
  } else {
    mappings.push(`${hex(code)}=${codes.map(hex).join(' ')}`);
  }
}

const lines = [
  `# Unicode ${process.versions.unicode}, form NFC. Written by eng/write-nfc.mjs; the Hangul syllables follow a formula.`,
  '# rank RANK: marks of a combining class, by the order of the classes',
  ...classes.map((members, index) => `rank ${index + 1}: ${ranges(members)}`),
  '# map: CHARACTER+PAIR composes and decomposes, CHARACTER=CHARACTERS only decomposes',
];
for (let at = 0; at < mappings.length; at += 8) {
  lines.push(`map ${mappings.slice(at, at + 8).join(';')}`);
}

// Vectors: texts of characters that matter, chosen by a fixed sequence, so that the file is the same every time.
let state = 20260728;
const next = bound => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * bound);
};
const interesting = [
  all.filter(code => text(code).normalize('NFD') !== text(code) && !isHangul(code)),
  marks,
  [...Array(19).keys()].map(i => 0x1100 + i),
  [...Array(22).keys()].map(i => 0x1160 + i),
  [...Array(29).keys()].map(i => 0x11a6 + i),
  [0xac00, 0xac01, 0xac1c, 0xd7a3, 0xd788, 0x41, 0x61, 0x6f, 0x20, 0xe9, 0x345, 0x334, 0x300, 0x301, 0x323, 0x9c7, 0x9be, 0x1f600],
];
const show = value => codesOf(value).map(hex).join(' ');
const vectors = ['# TEXT;its form NFC. Written by eng/write-nfc.mjs.'];
for (let i = 0; i < 1500; i++) {
  const codes = Array.from({ length: 1 + next(7) }, () => {
    const list = interesting[next(interesting.length)];
    return list[next(list.length)];
  });
  vectors.push(`${show(text(...codes))};${show(text(...codes).normalize('NFC'))}`);
}

const files = [
  ['src/Sluice/Identity/nfc.txt', lines],
  ['tests/Sluice.Tests/Identity/nfc-vectors.txt', vectors],
];
for (const [file, content] of files) {
  const written = `${content.join('\n')}\n`;
  if (!process.argv.includes('--check')) {
    writeFileSync(root + file, written);
  } else if (readFileSync(root + file, 'utf8') !== written) {
    console.error(`${file} is not what Unicode ${process.versions.unicode} says. Run eng/write-nfc.mjs.`);
    process.exitCode = 1;
  }
}
