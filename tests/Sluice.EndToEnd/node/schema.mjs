// Checks YAML files by a JSON Schema, as editors do. Usage: node schema.mjs SCHEMA FOLDER
// Prints a JSON object: for each file of the folder and of those in it "valid", "syntax" when it is no YAML, or the first error.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import { parseAllDocuments } from "yaml";

const [schemaFile, folder] = process.argv.slice(2);
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: false });
const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, "utf8")));

function check(text) {
  let documents;
  try {
    documents = parseAllDocuments(text, { version: "1.2", uniqueKeys: true });
  } catch (error) {
    return "syntax";
  }

  if (!Array.isArray(documents) || documents.length !== 1 || documents[0].errors.length > 0) {
    return "syntax";
  }

  let value;
  try {
    value = documents[0].toJS({ maxAliasCount: 0 });
  } catch (error) {
    return "syntax";
  }

  return validate(value) ? "valid" : `${validate.errors[0].instancePath} ${validate.errors[0].message}`;
}

const results = {};
for (const name of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".yaml")).sort()) {
  results[name] = check(readFileSync(join(folder, name), "utf8"));
}

console.log(JSON.stringify(results));
