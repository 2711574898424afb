// Draws what a program printed as a terminal, in SVG. Usage: node eng/docs/terminal.mjs COMMAND <OUTPUT >PICTURE
// The first line of the picture is the command. What differs in each run of the demo is replaced by fixed values of the same width.
import { readFileSync } from "node:fs";

const Columns = 80;
const CharWidth = 8.4;
const LineHeight = 19;
const Margin = 16;

const ports = { Dashboard: "9090", gateway: "8080", "MCP server": "3001" };
let calls = 0;
let endpoint = "";
const output = readFileSync(0, "utf8").trimEnd().split("\n").map(line => {
  const name = Object.keys(ports).find(start => line.trimStart().startsWith(start));
  if (name) {
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)[0];
    const fixed = `http://127.0.0.1:${ports[name]}`;
    endpoint = name === "gateway" ? address : endpoint;
    return line.replace(/(http:\/\/127\.0\.0\.1:)\d+(\S*)( *)/, (_, start, rest, space) =>
      `${start}${ports[name]}${rest}${space.padEnd(space.length && space.length + address.length - fixed.length)}`);
  }

  return line.replace(endpoint || "\0", `http://127.0.0.1:${ports.gateway}`)
    .replace(/^\d\d:\d\d:\d\d/, () => `12:00:${String(calls++).padStart(2, "0")}`)
    .replace(/retry in \d+ s/, "retry in 20 s");
});

const lines = [`$ ${process.argv[2]}`, ...output];
const tooLong = lines.filter(line => line.length > Columns);
if (tooLong.length > 0) {
  console.error(`Longer than ${Columns} columns:\n${tooLong.join("\n")}`);
  process.exit(1);
}

const escape = text => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const colour = line => /^time /.test(line) || line.startsWith("$ ") ? "b" : /^\d\d:.* rejected /.test(line) ? "r" : /^\d\d:.* allowed /.test(line) ? "g" : "t";
const width = Math.round(Columns * CharWidth + 2 * Margin);
const height = lines.length * LineHeight + 2 * Margin;
const rows = lines.map((line, row) => line === "" ? "" :
  `<text class="${colour(line)}" x="${Margin}" y="${Margin + 14 + row * LineHeight}" textLength="${(line.length * CharWidth).toFixed(1)}" xml:space="preserve">${escape(line)}</text>`);
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>The output of ${escape(process.argv[2])}: a fourth search within a minute is rejected, and told to retry in 20 s.</title>
<style>text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; } .t { fill: #d4d7dd; } .b { fill: #fff; font-weight: bold; } .g { fill: #7fd18b; } .r { fill: #ff9087; }</style>
<rect width="${width}" height="${height}" rx="8" fill="#1d2026"/>
${rows.filter(Boolean).join("\n")}
</svg>`);
