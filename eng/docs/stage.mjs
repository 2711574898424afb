// Puts the pages of the repository, and the files that they link to, into a folder for docfx, with a table of contents.
// Usage: node eng/docs/stage.mjs FOLDER
// A link to a page or a file is kept, and where its text is the path of a page, the page's title replaces that. A link to a folder leads to
// its README.md, or to a list of its pages; where there are none, its text stays without a link. A link that leads nowhere ends the program.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

const target = process.argv[2];
if (!target) {
  console.error("usage: node eng/docs/stage.mjs FOLDER");
  process.exit(2);
}

const libraries = ["Sluice", "Sluice.AspNetCore", "Sluice.Configuration", "Sluice.DependencyInjection", "Sluice.Mcp",
  "Sluice.ModelContextProtocol", "Sluice.Redis"];
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" }).split("\n");
const isPage = path => /^(README|CHANGELOG|CONTRIBUTING)\.md$|^docs\/.*\.md$|^(samples|deploy|findings|src\/[^/]+)\/README\.md$/.test(path);
const pages = tracked.filter(isPage).filter(existsSync);
const files = new Set();
const lists = new Set();
const wrong = [];

const nameOf = folder => posix.basename(folder).replace(/^./, letter => letter.toUpperCase());
const titleOf = page => /^# (.+)$/m.exec(readFileSync(page, "utf8"))[1].replaceAll("`", "");
const write = (path, text) => {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), text);
};

// What a link of a page becomes: another target, or null for none.
function resolve(page, link) {
  if (/^([a-z]+:|#)/.test(link)) {
    return link;
  }

  const [path, anchor] = link.split("#");
  const found = posix.join(posix.dirname(page), decodeURI(path)).replace(/\/$/, "");
  if (!existsSync(found)) {
    wrong.push(`${page}: ${link} leads nowhere`);
    return null;
  }

  if (!statSync(found).isDirectory()) {
    if (!isPage(found)) {
      files.add(found);
    }

    return link;
  }

  const to = inner => posix.relative(posix.dirname(page), posix.join(found, inner)) + (anchor ? `#${anchor}` : "");
  if (pages.includes(`${found}/README.md`)) {
    return to("README.md");
  }

  if (pages.some(other => posix.dirname(other) === found)) {
    lists.add(found);
    return to("index.md");
  }

  return null;
}

// The text of a link: on the site a page has a title, and no path.
function textOf(page, words, link) {
  const path = link.split("#")[0];
  const found = posix.join(posix.dirname(page), path);
  return (words === path || words === posix.basename(path)) && pages.includes(found) ? titleOf(found) : words;
}

const Link = /(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)?)\)/g;
for (const page of pages) {
  const parts = readFileSync(page, "utf8").split(/(^ *```[^]*?^ *```$)/m); // Every second part is a code block.
  const text = parts.map((part, index) => index % 2 === 1 ? part : part.replace(Link, (whole, image, words, link) => {
    const to = resolve(page, link);
    return to === null ? words : `${image}[${textOf(page, words, link)}](${to})`;
  }));
  write(page, text.join(""));
}

for (const folder of lists) {
  const listed = pages.filter(page => posix.dirname(page) === folder).sort();
  write(`${folder}/index.md`, `# ${nameOf(folder)}\n\n${listed.map(page => `- [${titleOf(page)}](${posix.basename(page)})`).join("\n")}\n`);
}

for (const file of files) {
  mkdirSync(dirname(join(target, file)), { recursive: true });
  copyFileSync(file, join(target, file));
}

if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}

// The contents are those of docs/README.md: a group for each heading, an entry for each link below it.
let contents = "";
for (const [, heading, body] of readFileSync("docs/README.md", "utf8").matchAll(/^## (.+)\n([^]*?)(?=^## |$(?![^]))/gm)) {
  contents += `- name: ${JSON.stringify(heading)}\n  expanded: true\n  items:\n`;
  for (const [, , , link] of body.matchAll(Link)) {
    const page = posix.join("docs", link);
    if (pages.includes(page)) {
      contents += `  - name: ${JSON.stringify(titleOf(page))}\n    href: ${link}\n`;
    } else if (lists.has(page)) {
      contents += `  - name: ${JSON.stringify(nameOf(page))}\n    href: ${link}/index.md\n`;
    }
  }
}

write("docs/toc.yml", contents);
write("toc.yml", "- name: Documentation\n  href: docs/\n  homepage: docs/README.md\n- name: API reference\n  href: api/\n");
copyFileSync("src/Sluice.Gateway/Admin/Dashboard/icon.svg", join(target, "sluice.svg"));
write("index.md", "---\nredirect_url: docs/README.html\n---\n");
write("docfx.json", JSON.stringify({
  metadata: [{
    src: [{ src: "../../src", files: libraries.map(name => `${name}/${name}.csproj`) }],
    dest: "api",
    noRestore: true,
  }],
  build: {
    content: [{ files: ["**/*.md", "**/toc.yml", "api/*.yml"] }],
    resource: [{ files: ["**"], exclude: ["**/*.md", "**/*.yml", "docfx.json"] }],
    output: "../docs",
    template: ["default", "modern", "../../eng/docs/template"],
    globalMetadata: {
      _appName: "Sluice", _appTitle: "Sluice", _appLogoPath: "sluice.svg", _appFaviconPath: "sluice.svg", _enableSearch: true,
      _disableContribution: true,
    },
  },
}, null, 2));
console.log(`${pages.length} pages, ${files.size} files.`);
